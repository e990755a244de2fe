# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What people call the services behind metrics and categories.

Source: that of _core/categories.py; the words are those of Horizon's menus and of Infomaniak's price list.
"""

from __future__ import annotations

#: How a metric's name begins -> its service, by the first that matches.
_OF_METRICS = (
    ("instance", "Servers"),
    ("cpu", "Servers"),
    ("volume.snapshot", "Volume snapshots"),
    ("snapshot", "Volume snapshots"),
    ("volume.backup", "Volume backups"),
    ("backup", "Volume backups"),
    ("volume", "Block storage"),
    ("image", "Images"),
    ("manila", "Shared file systems"),
    ("storage", "Object storage"),
    ("radosgw", "Object storage"),
    ("ip.floating", "Public IP addresses"),
    ("ip", "IP addresses"),
    ("floating", "Public IP addresses"),
    ("network.incoming", "Traffic in"),
    ("network.outgoing", "Traffic out"),
    ("bandwidth", "Traffic"),
    ("network.services.lb", "Load balancers"),
    ("network", "Networks"),
    ("router", "Routers"),
    ("loadbalancer", "Load balancers"),
    ("load_balancer", "Load balancers"),
    ("octavia", "Load balancers"),
)
_OF_CATEGORIES = {
    "llm_inference": "Language models",
    "llm_embedding": "Embeddings",
    "compute": "Compute",
    "storage": "Storage",
    "network": "Network",
    "api_calls": "API calls",
    "other": "Other",
}
#: Types of resources, as the lists of services have them.
_OF_TYPES = {
    "compute.instance": "server",
    "storage.volume": "volume",
    "storage.snapshot": "snapshot",
    "storage.backup": "backup",
    "storage.share": "share",
    "storage.object": "object storage",
    "image.image": "image",
    "network.floating_ip": "public IP address",
    "network.load_balancer": "load balancer",
}


def type_name(resource_type: str) -> str:
    """What people call a type of resource; others as they are written."""
    return _OF_TYPES.get(resource_type, resource_type.replace("_", " "))


def service_name(metric: str | None, category: str) -> str | None:
    """The service of a metric, or of a category where there is no metric; None for a metric that is not
    known.
    """
    if metric is None:
        return _OF_CATEGORIES.get(category, category)
    return next((name for begin, name in _OF_METRICS if metric.startswith(begin)), None)
