# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says in the metadata of servers that a budget may stop them: CLOUD NAME..."""

import sys

import openstack

cloud, *names = sys.argv[1:]
connection = openstack.connect(cloud=cloud)
for name in names:
    connection.set_server_metadata(name, {"finops_stoppable": "true"})
