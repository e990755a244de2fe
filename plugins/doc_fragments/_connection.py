# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE to the collection: how to reach a cloud, in the words of openstack.cloud."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  cloud:
    description:
      - Name of a cloud in C(clouds.yaml), or a dictionary like an entry of that file.
      - Without O(cloud) and O(auth), E(OS_CLOUD) or the other C(OS_*) variables of a sourced openrc file are
        used.
    type: raw
  auth:
    description:
      - Credentials, such as C(auth_url), C(username), C(password), C(project_name), C(user_domain_name) and
        C(project_domain_name), or C(application_credential_id) and C(application_credential_secret).
      - With O(auth) and without O(cloud), C(clouds.yaml) is not read.
    type: dict
  auth_type:
    description:
      - How to log in, such as V(password), V(token), V(v3applicationcredential), V(v3oidcpassword),
        V(v3oidcclientcredentials) or V(v3oidcaccesstoken). Any type of keystoneauth1 that gives a token for a
        project works.
      - V(password) and V(token) use their Identity API v3 form, which needs no discovery requests.
      - Defaults to C(auth_type) of C(clouds.yaml) or to E(OS_AUTH_TYPE), then to V(password).
    type: str
  region_name:
    description: Name of the region. Required if the cloud has several.
    type: str
  interface:
    description:
      - Interface of the catalog's endpoints to use.
      - Defaults to C(interface) of C(clouds.yaml) or to E(OS_INTERFACE), then to V(public).
    type: str
    choices: [public, internal, admin]
    aliases: [endpoint_type]
  validate_certs:
    description:
      - Whether to verify the certificate of the API. Certificates are verified unless this or the
        configuration says otherwise.
      - With V(true), they are verified whatever E(OS_INSECURE) and C(insecure) of C(clouds.yaml) say.
    type: bool
    aliases: [verify]
  ca_cert:
    description: Path of a CA bundle with which to verify the certificate of the API.
    type: str
    aliases: [cacert]
  client_cert:
    description: Path of a client certificate.
    type: str
    aliases: [cert]
  client_key:
    description: Path of the key of the client certificate.
    type: str
    aliases: [key]
  api_timeout:
    description:
      - Time in seconds for one request, including retries after connection errors, 429, 502, 503 and 504.
        Defaults to C(api_timeout) of C(clouds.yaml), then to 60.
    type: int
  max_answer_mb:
    description:
      - Largest answer of a service in MB (10^6 bytes), decompressed. A larger one is an error while it is
        read.
    type: int
    default: 256
  task_timeout:
    description:
      - Time in seconds for all requests of the task, including the login, retries and pauses. When it is
        over, nothing more is sent, and what was not read is an error that names this option.
      - An import keeps what it has imported, and the next one goes on from there.
      - With V(0), only each request is bounded.
    type: int
    default: 1800
requirements:
  - openstacksdk >= 4.0
notes:
  - Logs in once per task, asks only URLs of the catalog and sends no discovery requests.
  - The environment variables E(INFOMANIAK_APP_CREDENTIAL_ID), E(INFOMANIAK_APP_CREDENTIAL_SECRET),
    E(INFOMANIAK_APP_CREDENTIAL_REGION) and E(INFOMANIAK_APP_CREDENTIAL_AUTH_URL) are used where no cloud is
    named otherwise.
"""

    ON_ERROR = r"""
options:
  on_error:
    description:
      - What to do when something cannot be read.
      - V(fail) fails the task.
      - V(warn) returns what was read, RV(complete=false), and null for what was not read.
    type: str
    default: fail
    choices: [fail, warn]
"""
