# Copyright (c) 2026, finops.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Needs Python 3.11 or newer, git, make, and pip's way to a package index.
#   make demo         the collection at work against the sandbox cloud
#   make test         lint, units, sanity, integration, installed: each is a target of its own too
#   make units T=tests/unit/test_house.py  some of the unit tests, as pytest names them
#   make test-openstack  the modules against a real OpenStack on loopback: tests/openstack/README.md says what that needs
#   make test-system  test-openstack, other people's programs on what leaves the collection (make outside), and the second
#                     ansible-core and Python
#   make nox          antsibull-nox's checks: lint, documentation, licences, files, and Galaxy's importer on the artifact
#   make docs      the site of the documentation, and whether its links lead somewhere
#   make artifact   what Galaxy takes, the same to the byte wherever a commit is built
#   make matrix       units, sanity and the demo on every ansible-core that the collection is for, one after the other
#   make heavy        the units that take long: properties, fuzzing, kills and races in full numbers, of which make test has a share
#   make coverage     the unit tests under coverage.py: what of plugins/ they run, by room
#   make mutation SEED=1 COUNT=100  changes COUNT random operators of plugins/module_utils, one at a time:
#                     the unit tests must notice at least 92 %
#   make bench    the jobs of users done with the collection and with its peers, beside each other, into
#                 docs/benchmarks.md and docs/scale.md: SIZE=full the large sizes, JOB="usage gate" some of the jobs,
#                 N="10 100" at these sizes
#   make supply   resolves requirements.txt anew, and writes constraints.txt and sbom.cdx.json
#   make audit    asks an advisory service whether what constraints.txt pins is known to be vulnerable

# The first of these that runs and is new enough; PYTHON=... on the command line overrules it.
PYTHON ?= $(shell for python in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

TARGETS := artifact bench demo matrix mutation supply audit test test-system test-openstack lint units coverage docs heavy nox outside sanity integration installed

.PHONY: $(TARGETS) clean
.DEFAULT_GOAL := test
export SEED COUNT T SIZE JOB N

$(TARGETS):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none is on PATH." >&2; exit 2; }
	@$(PYTHON) tests/harness $@

clean:
	rm -rf .build .nox .venv .venv-*
