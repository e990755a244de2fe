# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the frames of a file into CloudKitty's v1 storage: python push_frames.py FRAMES --config-file
CONFIGURATION.
"""

import json
import sys

from cloudkitty import dataframe, service, storage

frames_file = sys.argv.pop(1)
service.prepare_service(sys.argv)
with open(frames_file, encoding="utf-8") as content:
    frames = json.load(content)
by_project = {}
for frame in frames:
    usage = {}
    for metric, points in frame["usage"].items():
        for point in points:
            usage.setdefault(point["groupby"]["project_id"], {}).setdefault(metric, []).append(point)
    for project, own in usage.items():
        one = dataframe.DataFrame.from_dict({"period": frame["period"], "usage": own})
        by_project.setdefault(project, []).append(one)
backend = storage.get_storage()
for project, some in by_project.items():
    backend.push(some, project)
