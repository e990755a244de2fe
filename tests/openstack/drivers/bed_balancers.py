# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Octavia's no-op provider, except that it reports what was asked for as done, as every other provider does:
without that a load balancer stays pending for ever.
"""

import threading
import time

from octavia.api.drivers.driver_agent.driver_updater import DriverUpdater
from octavia.api.drivers.noop_driver.driver import NoopProviderDriver
from octavia.common import constants

SECONDS = 30
UP = {constants.PROVISIONING_STATUS: constants.ACTIVE, constants.OPERATING_STATUS: constants.ONLINE}
GONE = {constants.PROVISIONING_STATUS: constants.DELETED, constants.OPERATING_STATUS: constants.OFFLINE}
#: What a load balancer waits for -> what a provider reports in the end.
REPORTS = {
    constants.PENDING_CREATE: UP,
    constants.PENDING_UPDATE: UP,
    constants.PENDING_DELETE: GONE,
}


class ProviderDriver(NoopProviderDriver):
    """Makes nothing, and says that it has."""

    def loadbalancer_create(self, loadbalancer):
        """There at once."""
        super().loadbalancer_create(loadbalancer)
        _report(loadbalancer.loadbalancer_id)

    def loadbalancer_update(self, old_loadbalancer, new_loadbalancer):
        """Changed at once."""
        super().loadbalancer_update(old_loadbalancer, new_loadbalancer)
        _report(new_loadbalancer.loadbalancer_id)

    def loadbalancer_delete(self, loadbalancer, cascade=False):
        """Gone at once."""
        super().loadbalancer_delete(loadbalancer, cascade)
        _report(loadbalancer.loadbalancer_id)


def _report(balancer_id):
    """Report in a while: the API commits what was asked for only after the driver has returned."""
    threading.Thread(target=_report_when_pending, args=(balancer_id,), daemon=True).start()


def _report_when_pending(balancer_id):
    updater = DriverUpdater()
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with updater.db_session.begin():
            found = updater.loadbalancer_repo.get(updater.db_session, id=balancer_id)
        report = REPORTS.get(found.provisioning_status) if found else None
        if report:
            row = {constants.ID: balancer_id, **report}
            updater.update_loadbalancer_status({constants.LOADBALANCERS: [row]})
            return
        time.sleep(0.1)
