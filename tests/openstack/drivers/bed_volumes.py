# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cinder's volumes as files of 1 MiB, whatever size they say, so that there is something that a backup can
read.
"""

import os

from cinder import interface
from cinder.tests import fake_driver
from cinder.volume import configuration
from oslo_config import cfg

OPTIONS = [cfg.StrOpt("bed_volume_folder")]
CAPACITY_GB = 100_000
cfg.CONF.register_opts(OPTIONS, group=configuration.SHARED_CONF_GROUP)


@interface.volumedriver
class VolumeDriver(fake_driver.FakeLoggingVolumeDriver):
    """Cinder's own fake driver, except where a backup looks."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.configuration.append_config_values(OPTIONS)

    def _file(self, volume):
        path = os.path.join(self.configuration.bed_volume_folder, volume["name"])
        if not os.path.exists(path):
            with open(path, "wb") as content:
                content.write(os.urandom(1 << 20))
        return path

    def create_volume(self, volume):
        """Write the file."""
        self._file(volume)

    def clone_image(self, context, volume, image_location, image_meta, image_service):
        """Have the image already, as a back end that shares its store with Glance: without that Cinder needs
        qemu-img to look at it.
        """
        self._file(volume)
        return {}, True

    def extend_volume(self, volume, new_size):
        """The file is of 1 MiB whatever size the volume has."""

    def validate_connector(self, connector):
        """Any will do."""

    def create_export(self, context, volume, connector=None):
        """A file is there for all on this machine."""

    ensure_export = create_export

    def remove_export(self, context, volume):
        """Nothing to do."""

    def initialize_connection(self, volume, connector):
        """Tell where the file is."""
        return {"driver_volume_type": "local", "data": {"device_path": self._file(volume)}}

    def terminate_connection(self, volume, connector, **options):
        """Nothing to do."""

    def _update_volume_stats(self):
        pool = {
            "pool_name": "files",
            "total_capacity_gb": CAPACITY_GB,
            "free_capacity_gb": CAPACITY_GB,
            "allocated_capacity_gb": 0,
            "provisioned_capacity_gb": 0,
            "reserved_percentage": 0,
            "max_over_subscription_ratio": 20.0,
            "thin_provisioning_support": True,
            "thick_provisioning_support": False,
            "QoS_support": False,
            "multiattach": True,
        }
        self._stats = {
            "volume_backend_name": "files",
            "vendor_name": "bed",
            "driver_version": "1",
            "storage_protocol": "local",
            "pools": [pool],
        }
