# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Neutron's router plugin, except that it reports floating IPs as its L3 agent would: active where one is
associated, down where none is. No agent runs here, and without its reports they would stay down for ever.
"""

from neutron.services.l3_router.l3_router_plugin import L3RouterPlugin
from neutron_lib import constants


class RouterPlugin(L3RouterPlugin):
    """Answers as ever, then reports: a client sees that when it asks again, as with an agent."""

    def create_floatingip(self, context, floatingip):
        """Make it, and report."""
        made = super().create_floatingip(context, floatingip)
        self._report(context, made)
        return made

    def update_floatingip(self, context, id, floatingip):  # noqa: A002 (Neutron's name)
        """Associate it or not, and report."""
        changed = super().update_floatingip(context, id, floatingip)
        self._report(context, changed)
        return changed

    def disassociate_floatingips(self, context, port_id):
        """What a port leaves behind that goes: none of its addresses is active any more."""
        left = self.get_floatingips(context.elevated(), {"port_id": [port_id]})
        routers = super().disassociate_floatingips(context, port_id)
        for one in left:
            self._report(context, {**one, "router_id": None})
        return routers

    def _report(self, context, floatingip):
        known = constants.FLOATINGIP_STATUS_ACTIVE, constants.FLOATINGIP_STATUS_DOWN
        status = known[0] if floatingip["router_id"] else known[1]
        self.update_floatingip_status(context.elevated(), floatingip["id"], status)
