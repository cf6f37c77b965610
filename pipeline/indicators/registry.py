"""Every indicator there is: each module of this folder that has a `DEFINITION`, in the order of clauses."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from pipeline import indicators
from pipeline.indicators.base import Indicator


def _found() -> dict[str, Indicator]:
    modules = [
        import_module(f"{indicators.__name__}.{module.name}")
        for module in iter_modules(indicators.__path__)
        if module.name != __name__.rpartition(".")[2] and not module.name.startswith("_")
    ]
    found = [cast(Indicator, module) for module in modules if hasattr(module, "DEFINITION")]
    found.sort(key=lambda indicator: [int(part) for part in indicator.DEFINITION.clause.split(".")])
    return {indicator.DEFINITION.id: indicator for indicator in found}


INDICATORS: dict[str, Indicator] = _found()


def catalogue() -> str:
    """What `catalogue.json` must say."""
    definitions = [asdict(indicator.DEFINITION) for indicator in INDICATORS.values()]
    return json.dumps(definitions, indent=1, ensure_ascii=False) + "\n"
