# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A filter for Swift's pipeline that writes down what was asked, as uwsgi does for the other services."""


class Requests:
    """Appends method, path, no microversion and user agent of every request to a file."""

    def __init__(self, application, file):
        self.application = application
        self.file = file

    def __call__(self, environment, start_response):
        method, path, agent = (
            environment.get(name, "-") for name in ("REQUEST_METHOD", "PATH_INFO", "HTTP_USER_AGENT")
        )
        with open(self.file, "a", encoding="utf-8") as log:
            log.write(f"{method} {path} [] {agent}\n")
        return self.application(environment, start_response)


def filter_factory(_global_configuration, file, **_more):
    """What paste calls for `[filter:...]`."""
    return lambda application: Requests(application, file)
