# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What results and ledgers call the types of a project's resources."""

from __future__ import annotations

INSTANCE = "compute.instance"
VOLUME, SNAPSHOT, BACKUP = "storage.volume", "storage.snapshot", "storage.backup"
SHARE = "storage.share"
FLOATING_IP, LOAD_BALANCER = "network.floating_ip", "network.load_balancer"
CONTAINER, IMAGE = "object_storage.container", "image.image"
