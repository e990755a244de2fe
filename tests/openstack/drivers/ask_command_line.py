# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer many questions with one start of the openstack command line: python ask_command_line.py CLOUD < JSON
list.

Starting it is most of what a call takes. Prints a JSON list of what it printed, and ends 1 where it failed at
one.
"""

import contextlib
import io
import json
import shlex
import sys

from openstackclient import shell

cloud = sys.argv[1]
answers = []
for question in json.load(sys.stdin):
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        status = shell.OpenStackShell().run(["--os-cloud", cloud, *shlex.split(question), "-f", "json"])
    if status:
        sys.exit(f"openstack {question} as {cloud} ended with {status}")
    answers.append(output.getvalue())
print(json.dumps(answers))
