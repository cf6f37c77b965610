"""Which connectors and presets there are: one per module and YAML file here, and other packages' entry points."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import yaml

from connectors.base import Connector
from connectors.errors import ConfigError

_FOLDER = Path(__file__).parent
_PRESETS = _FOLDER / "presets"


def connector_class(name: str | None) -> type[Connector]:
    """The connector of this name, without one the reader of laid-out files; `ConfigError` names those there are."""
    name = name or "files"
    found = _own_class(name)
    if found is None and name in (others := _others()):
        found = others[name].load()
    if found is None:
        known = ", ".join(sorted([*filter(_own_class, _own_modules()), *_others()]))
        raise ConfigError(
            id=f"Konektor '{name}' tidak dikenal; yang ada: {known}.",
            en=f"Unknown connector '{name}'; there are: {known}.",
        )
    return found


def system_names() -> list[str]:
    """Every system a city may name, in order."""
    return sorted(path.stem for path in _PRESETS.glob("*.yaml"))


@lru_cache(maxsize=64)
def preset(name: str) -> dict[str, Any]:
    """What is known of a system: `about` (for people), `source` (settings a city's YAML starts from), `example`.

    Raises `ConfigError` that names the systems there are.
    """
    path = _PRESETS / f"{name}.yaml"
    if not path.is_file():
        raise ConfigError(
            id=f"Sistem '{name}' tidak dikenal; yang ada: {', '.join(system_names())}.",
            en=f"Unknown system '{name}'; there are: {', '.join(system_names())}.",
        )
    # A BaseLoader keeps every scalar the text it is, as in a city's own YAML.
    raw: dict[str, Any] = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    return raw


@lru_cache(maxsize=64)
def _own_class(name: str) -> type[Connector] | None:
    """The connector that our module of this name declares; `files` is the base class itself."""
    if name == "files":
        return Connector
    if name not in _own_modules():
        return None
    module = import_module(f"connectors.{name}")
    classes = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Connector)]
    inside = f"{module.__name__}."
    own = [one for one in classes if f"{one.__module__}.".startswith(inside) and not one.__name__.startswith("_")]
    return own[0] if own and own[0] is not Connector else None


@lru_cache(maxsize=1)
def _own_modules() -> list[str]:
    return sorted(module.name for module in iter_modules([str(_FOLDER)]))


@lru_cache(maxsize=1)
def _others() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group="tolok.connectors")}
