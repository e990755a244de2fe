# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one of Swift's servers with the swift.conf of a folder: python bed_swift.py FOLDER SERVER
CONFIGURATION.

Its place, /etc/swift/swift.conf, is a constant in Swift.
"""

import runpy
import sys

from swift.common import utils

folder, server = sys.argv[1:3]
utils.set_swift_dir(folder)
sys.argv = sys.argv[2:]
runpy.run_path(server, run_name="__main__")
