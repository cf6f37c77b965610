"""The settings of a count of access logs, as a city's YAML declares them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipeline.access_log.formats.json_line import KNOWN_NAMES, JsonNames
from pipeline.access_log.formats.reader import LineTerms

if TYPE_CHECKING:
    from pipeline.config.city import City
    from pipeline.config.source import Source


@dataclass(frozen=True)
class LogTerms:
    """The settings of a count.

    `own_networks` are the city's own CIDR ranges, `hosts` the portal's names, which may have wildcards, `json_names`
    the paths of a hit's parts in JSON lines. The other settings are those of `LineTerms`; `clock_zone` is the city's
    unless one is declared.
    """

    zone: ZoneInfo
    portal_id: str
    own_networks: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    idle_seconds: int = 1800
    json_names: JsonNames = KNOWN_NAMES
    log_format: tuple[str, ...] = ()
    picks_client: bool = False
    trusted_proxies: tuple[str, ...] = ()
    clock_zone: ZoneInfo | None = None

    @property
    def lines(self) -> LineTerms:
        """How lines are read."""
        return LineTerms(
            self.json_names,
            self.log_format,
            self.picks_client,
            self.trusted_proxies,
            self.clock_zone or self.zone,
            clock_is_declared=self.clock_zone is not None,
        )

    @classmethod
    def of(cls, city: City, source: Source) -> LogTerms:
        """The settings that a city's YAML declares for a source."""
        fields = source.fields.model_dump(exclude_none=True) if source.fields else {}
        names = KNOWN_NAMES.declared(fields)
        return cls(
            city.zone_info,
            source.portal_id,
            own_networks=source.own_networks,
            hosts=source.hosts,
            json_names=names,
            log_format=source.log_format,
            picks_client=source.client is not None or bool(source.trusted_proxies),
            trusted_proxies=source.trusted_proxies,
            clock_zone=ZoneInfo(source.zone) if source.zone else None,
        )
