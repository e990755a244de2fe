#!/bin/sh
# Copyright (c) 2026, finops.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Fails where a branch changes what users get and says nothing of it in changelogs/fragments.
# fragment.sh [BASE]: what the branch is compared with, origin/main by default.
base=${1:-origin/main}
changed=$(git diff --name-only "$base...HEAD") || exit 2
if echo "$changed" | grep -q '^changelogs/'; then exit 0; fi
if echo "$changed" | grep -qE '^(plugins|roles|playbooks|extensions|meta)/'; then
    echo "What this branch changes for users belongs into a file of changelogs/fragments." >&2
    exit 1
fi
