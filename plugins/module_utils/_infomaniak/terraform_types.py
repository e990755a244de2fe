# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The resource types of Infomaniak's own provider of Terraform, and why the price of each is unknown.

Source: the provider's documentation, docs/resources, read 2026-11-29. Nothing that it makes is rated by
CloudKitty, and no dated public list has its prices: those of databases are in the data source
infomaniak_dbaas_pack, which a plan may not have read.
"""

from __future__ import annotations

from collections.abc import Mapping

PROVIDERS = frozenset(
    f"{registry}/infomaniak/infomaniak" for registry in ("registry.terraform.io", "registry.opentofu.org")
)
_ADD = "name it in assume_free, and add its price as a row of kind amount"
_CLUSTER = f"a managed cluster has a price of its own by its pack; {_ADD}"
_POOL = f"a pool makes at least min_instances servers, and how they are billed is not known; {_ADD}"
_DATABASE = f"a managed database has a price of its own by its pack; {_ADD}"
_BACKUP = f"whether the backups of a database are in its price is not known; {_ADD}"
_ZONE = f"a zone of DNS may have a price of its own; {_ADD}"
_PRODUCT = f"what the subscription itself costs is not known; {_ADD}"
#: What costs, or may cost -> why it is unknown how much.
UNKNOWN: Mapping[str, str] = {
    "infomaniak_kaas": _CLUSTER,
    "infomaniak_kaas_instance_pool": _POOL,
    "infomaniak_dbaas": _DATABASE,
    "infomaniak_dbaas_backup": _BACKUP,
    "infomaniak_dbaas_backup_schedule": _BACKUP,
    "infomaniak_dbaas_restore": _BACKUP,
    "infomaniak_zone": _ZONE,
    "infomaniak_public_cloud": _PRODUCT,
}
#: What costs nothing by itself: a record is a part of its zone, a project costs by what is in it, and a user
#: is a login.
FREE = frozenset(("infomaniak_record", "infomaniak_public_cloud_project", "infomaniak_public_cloud_user"))
