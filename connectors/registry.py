"""Which connectors and presets there are: ours, and those another package offers as `tolok.connectors`."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from connectors.errors import ConfigError

if TYPE_CHECKING:
    from connectors.base import Connector

_OURS = {
    "files": "connectors.base:Connector",
    "api": "connectors.api:Api",
    "awstats": "connectors.awstats:AwStats",
    "bps": "connectors.bps:Bps",
    "cpsv_ap": "connectors.cpsv_ap:CpsvAp",
    "dukcapil": "connectors.dukcapil:Dukcapil",
    "ga4_api": "connectors.ga4_api:Ga4Api",
    "ga4_csv": "connectors.ga4_csv:Ga4Csv",
    "matomo": "connectors.matomo:Matomo",
    "matomo_csv": "connectors.matomo_csv:MatomoCsv",
    "nagios": "connectors.nagios:Nagios",
    "prometheus": "connectors.prometheus:Prometheus",
    "request_tracker": "connectors.request_tracker:RequestTracker",
    "sql": "connectors.sql:Sql",
    "template": "connectors.template:Template",
    "zabbix": "connectors.zabbix:Zabbix",
}
_PRESETS = Path(__file__).parent / "presets"


def connector_class(name: str | None) -> type[Connector]:
    """The connector of this name, without one the reader of laid-out files; `ConfigError` names those there are."""
    name = name or "files"
    found = _OURS.get(name) or _others().get(name)
    if found is None:
        known = ", ".join(sorted([*_OURS, *_others()]))
        raise ConfigError(
            id=f"Konektor '{name}' tidak dikenal; yang ada: {known}.",
            en=f"Unknown connector '{name}'; there are: {known}.",
        )
    module, _, attribute = found.partition(":")
    return getattr(import_module(module), attribute)  # type: ignore[no-any-return]


def system_names() -> list[str]:
    """Every system a city may name, in order."""
    return sorted(path.stem for path in _PRESETS.glob("*.yaml"))


@lru_cache(maxsize=64)
def preset(name: str) -> dict[str, Any]:
    """What is known of a system: `about` (for people), `source` (settings a city's YAML starts from), `example`."""
    path = _PRESETS / f"{name}.yaml"
    if not path.is_file():
        raise ConfigError(
            id=f"Sistem '{name}' tidak dikenal; yang ada: {', '.join(system_names())}.",
            en=f"Unknown system '{name}'; there are: {', '.join(system_names())}.",
        )
    # A BaseLoader keeps every scalar the text it is, as in a city's own YAML.
    raw: dict[str, Any] = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    return raw


@lru_cache(maxsize=1)
def _others() -> dict[str, str]:
    return {point.name: point.value for point in entry_points(group="tolok.connectors")}
