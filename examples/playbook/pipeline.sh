#!/bin/sh
# Copyright (c) 2026, finops.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Price, gate, deploy, settle. Ends with the first step that fails; what was made before is settled all the same.
set -eu
cd "$(dirname "$0")"

ansible-playbook finops.cloud.price -e @price.yml
ansible-playbook gate.yml

ended=0
ANSIBLE_CALLBACKS_ENABLED=finops.cloud.playbook_costs FINOPS_PLAYBOOK_COSTS="$PWD/receipt.json" \
    FINOPS_PLAYBOOK_COSTS_VERDICT="$PWD/verdict.json" \
    ansible-playbook site.yml "$@" || ended=$?
ansible-playbook settle.yml
exit "$ended"
