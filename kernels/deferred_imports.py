"""Modules that another one imports and seldom uses, loaded when something of them is asked for."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class _Deferred(ModuleType):
    """Stands for a module until anything of it is asked for, then passes everything on to it."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 whatever the module holds
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def deferred(*names: str) -> Iterator[None]:
    """Whatever the block imports of these modules is loaded on first use; those that are there already stay.

    After the block others import them as ever.
    """
    stubs = {name: _Deferred(name) for name in names if name not in sys.modules}
    sys.modules |= stubs
    try:
        yield
    finally:
        for name, stub in stubs.items():
            if sys.modules.get(name) is stub:
                del sys.modules[name]
