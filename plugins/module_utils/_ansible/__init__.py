# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Python runs this before any other shared file of a module, and compiles each of them once from then on."""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pkgutil import get_importer
from types import ModuleType
from zipimport import ZipImportError, zipimporter

_MODULE_UTILS = __name__.removesuffix("_ansible")


class OnceCompiled:
    """Finds our shared files in the zip with which Ansible runs a module.

    The zip has no bytecode, and zipimporter.find_spec() compiles a file to tell its path: importing it
    compiles it a second time, which took 50 ms of a gate. This finder knows the path. It leaves loading to
    zipimporter.
    """

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where a shared file of ours is; None for packages, and for all that is not in the zip."""
        if not path or not name.startswith(_MODULE_UTILS):
            return None
        loader = get_importer(path[0])
        try:
            if not isinstance(loader, zipimporter) or loader.is_package(name):
                return None
        except ZipImportError:
            # Python itself says what is missing.
            return None
        return spec_from_file_location(name, f"{path[0]}/{name.rpartition('.')[2]}.py", loader=loader)


if __spec__ is not None and isinstance(__spec__.loader, zipimporter):
    sys.meta_path.insert(0, OnceCompiled)
    # The program ends with its module: looking for cycles among all objects then took 15 ms of a gate.
    atexit.register(gc.freeze)
