# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to a running sandbox, for tasks that would take ten times as long through a module: METHOD URL
[JSON].
"""

import sys
import urllib.request

method, url, *content = sys.argv[1:]
body = content[0].encode() if content else None
request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method=method)
with urllib.request.urlopen(request, timeout=30) as answer:
    sys.stdout.write(answer.read().decode())
