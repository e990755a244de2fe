# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clock of whoever reads the pages: every Python that finds this on its path begins at READERS_CLOCK, so
that the dates of the pages stay as far away as they were when they were written.
"""

from __future__ import annotations

import datetime as library
import os
import time
from typing import Any

_Datetime = library.datetime
_BEGAN = _Datetime.fromisoformat(os.environ["READERS_CLOCK"])
_STARTED = float(os.environ["READERS_START"])


class _Kind(type):
    """What other libraries make is a date too."""

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, _Datetime)


class Clock(_Datetime, metaclass=_Kind):
    """The library's class, with another idea of now."""

    @classmethod
    def now(cls, tz: library.tzinfo | None = None) -> Any:
        return (_BEGAN + library.timedelta(seconds=time.time() - _STARTED)).astimezone(tz)


library.datetime = Clock  # type: ignore[misc]
