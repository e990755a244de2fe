# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Where Infomaniak's public cloud is, and the environment variables that name a credential of it.

Source: the URL as users' code has it, read 2026-11-20. The variables are ours.
"""

from __future__ import annotations

from collections.abc import Mapping

AUTH_URL = "https://api.pub1.infomaniak.cloud/identity/v3"
#: What a login needs -> the variable that has it.
APPLICATION_CREDENTIAL: Mapping[str, str] = {
    "credential_id": "INFOMANIAK_APP_CREDENTIAL_ID",
    "secret": "INFOMANIAK_APP_CREDENTIAL_SECRET",
    "region": "INFOMANIAK_APP_CREDENTIAL_REGION",
    "auth_url": "INFOMANIAK_APP_CREDENTIAL_AUTH_URL",
}
#: The networks on which each address costs.
PUBLIC_NETWORKS = ("ext-net1",)
