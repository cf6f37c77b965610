"""The rules for access log lines (clause 10.1): each line gets the first rule that applies, in one fixed order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from kernels import words_of
from kernels.log_fields import find_ports, find_private
from pipeline.access_log.bots import AGENT_RULES, agent_rules, unlisted_product
from pipeline.access_log.hits import Hits, Rows
from pipeline.access_log.networks import Networks
from pipeline.access_log.texts import Names, Texts, Verdict, Verdicts, keyed_hashes

FAULTS = ("blank_line", "header_line", "malformed_line", "bad_time")
REQUEST_RULES = ("other_portal", "method", "status", "asset", "download")
RULES = ("", *FAULTS, *REQUEST_RULES, "own_network", *AGENT_RULES)
OUTCOMES = dict.fromkeys(RULES, "excluded") | {
    "": "used",
    "malformed_line": "quarantined",
    "bad_time": "quarantined",
}

_PLACE = {rule: place for place, rule in enumerate(RULES)}
_STATUSES = np.arange(1000)
_IS_ANSWERED = (_STATUSES // 100 == 2) | (_STATUSES == 304)
_IS_REDIRECT = np.isin(_STATUSES, (301, 302))
_IS_BLOTTED = np.isin(np.arange(256), [*b":xX*"])
_EXTENSION = re.compile(rb"\.([a-z0-9]{1,11})$")
_ASSETS = frozenset(
    b"css js mjs map wasm webmanifest png jpg jpeg gif ico cur svg webp avif bmp woff woff2 ttf otf eot swf "
    b"mp3 mp4 m4a m4v webm ogg ogv wav avi mov".split()
)
_DOWNLOADS = frozenset(
    b"csv tsv xls xlsx xlsm ods json jsonl geojson topojson jsonld xml xsd kml kmz gml gpx shp shx dbf prj gpkg tif "
    b"tiff parquet nc h5 hdf sqlite sql rdf ttl nt n3 owl rss atom txt pdf doc docx odt rtf ppt pptx odp epub "
    b"zip gz tgz tar bz2 xz zst 7z rar exe msi apk dmg iso".split()
)
# A balancer's log has whole addresses.
_ORIGIN = re.compile(rb"^https?://[^/]*")
# A domain, or IIS's number of a site.
_SITE = re.compile(r"(?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]*[a-z]|w3svc\d+")
# What lines without a host are counted as where hosts are declared.
NO_SITE = "-"
_DATA_PATH = re.compile(rb"(?:/[a-z]{2}(?:_[A-Z]{2})?)?/api/|.*/download(?:/|$)|.*/datastore/dump/", re.DOTALL)

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class Classes:
    """Per hit: the hashes of visitor and address, the rules that exclude the request and the client, 0 for none.

    `is_moved_page` marks pages answered with a redirect, `is_private` pages asked for from a private address, and
    `is_masked` hits whose address has no last part: `36.85.7.0`, `2001:db8::`, `36.85.7.x`.
    `product` is the place in `products` of what an agent that is no browser's and on no list names itself, 0 for
    others; `site` that in `sites` of the host asked for, below 0 for others than the portal's, 0 where none is told.
    """

    visitor: Keys
    address: Keys
    request_rule: Verdict
    client_rule: Verdict
    is_moved_page: Flags
    is_private: Flags
    is_masked: Flags
    product: Verdict
    site: Verdict
    products: Names
    sites: Names

    @classmethod
    def of(cls, parts: Sequence[Classes]) -> Classes:
        """The parts, one after the other, of one classifier."""
        if len(parts) == 1:
            return parts[0]
        columns = [field.name for field in fields(cls) if field.name not in ("products", "sites")]
        joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in columns}
        return cls(**joined, products=parts[0].products, sites=parts[0].sites)

    @property
    def rule(self) -> Verdict:
        """The place in `RULES` of each hit's rule."""
        return np.where(self.request_rule > 0, self.request_rule, self.client_rule)

    def selections(self) -> dict[str, Flags]:
        """The hits that each kind of runs is made of, by its name."""
        is_page, is_person = self.request_rule == 0, self.client_rule == 0
        return {
            "people": is_page & is_person,
            "bots": is_page & (self.client_rule != _PLACE["own_network"]),
            "redirects": (is_page | self.is_moved_page) & is_person,
            "all": self.site >= 0,
        }


class Classifier:
    """Classifies hits; verdicts on distinct requests, agents and addresses are cached.

    Classifiers with the same key give a visitor the same hash. Raises `ValueError` for a network that is no CIDR range.
    """

    def __init__(self, own_networks: Iterable[str], *, key: bytes, hosts: Sequence[str] = ()) -> None:
        self._key = key
        self._own = Networks(own_networks)
        self._request_rules = Verdicts(lambda requests: [*map(request_rule, requests)])
        self._agent_rules = Verdicts(self._judge_agents)
        self.products, self.sites = Names(), Names()
        self._hosts = tuple(map(site_of, hosts))
        self._host_sites = Verdicts(lambda hosts: [self._judge_host(host.decode("latin-1")) for host in hosts])

    def __call__(self, hits: Hits) -> Classes:
        """The classes of a block's hits, in the order of `hits.rows`."""
        return Classes.of([self._classify(rows) for rows in hits.rows])

    def _judge_agents(self, agents: list[bytes]) -> list[int]:
        """The place of each agent's rule, or a product's place below 0."""
        judged = zip(agents, agent_rules()(agents), strict=True)
        return [_PLACE[rule] or -self.products.place(unlisted_product(agent)) for agent, rule in judged]

    def _judge_host(self, host: str) -> int:
        """The place of a host's site, below 0 when it is none of the portal's; only names are sites unless declared."""
        site = site_of(host)
        if not self._hosts:
            return self.sites.place(site if _SITE.fullmatch(site) else "")
        place = self.sites.place(site or NO_SITE)
        return place if any(fnmatchcase(site, pattern) for pattern in self._hosts) else -place

    def _sites_of(self, rows: Rows) -> Verdict:
        if rows.hosts is None:
            return np.full(len(rows.lines), self._judge_host("") if self._hosts else 0, np.int16)
        return self._host_sites.of(rows.hosts, hashes=keyed_hashes(rows.hosts, key=self._key + b"host"))

    def _classify(self, rows: Rows) -> Classes:
        requests = keyed_hashes(rows.requests, key=self._key + b"request")
        clients = _without_ports(rows.addresses)
        addresses = keyed_hashes(clients, key=self._key + b"address")
        agents = keyed_hashes(rows.agents, key=self._key + b"agent")
        request_rules = self._request_rules.of(rows.requests, hashes=requests)
        judged = self._agent_rules.of(rows.agents, hashes=agents)
        client_rules = np.maximum(judged, 0)
        client_rules[self._own.find(clients, hashes=addresses)] = _PLACE["own_network"]
        is_answered = _IS_ANSWERED[rows.statuses]
        site = self._sites_of(rows)
        is_moved_page = (request_rules == 0) & _IS_REDIRECT[rows.statuses] & (site >= 0)
        request_rules = np.where(
            is_answered | (request_rules == _PLACE["method"]), request_rules, np.int16(_PLACE["status"])
        )
        if self._hosts:
            request_rules[site < 0] = _PLACE["other_portal"]
        is_private = np.zeros(len(addresses), bool)
        find_private(words_of(clients.data), clients.begins, clients.ends, request_rules, is_private)
        product = -np.minimum(judged, 0)
        return Classes(
            addresses + agents,
            addresses,
            request_rules,
            client_rules,
            is_moved_page,
            is_private,
            _are_masked(clients),
            product,
            site,
            self.products,
            self.sites,
        )


def site_of(host: str) -> str:
    """A host's or a pattern's site: in small letters, without port, `www.` and the root's point, empty for `-`."""
    name = host.strip().lower().partition(":")[0].rstrip(".").removeprefix("www.")
    return "" if name == "-" else name


def _without_ports(addresses: Texts) -> Texts:
    """The addresses without ports and brackets, which would make each connection a visitor."""
    found = np.empty((3, len(addresses.begins)), np.int64)
    count = find_ports(addresses.data, words_of(addresses.data), addresses.begins, addresses.ends, found)
    if not count:
        return addresses
    begins, ends = addresses.begins.copy(), addresses.ends.copy()
    places = found[0, :count]
    begins[places], ends[places] = found[1:, :count]
    return Texts(addresses.data, begins, ends)


def _are_masked(addresses: Texts) -> Flags:
    """Which addresses have zero, nothing or a sign of blotting as their last part."""
    last, before = (addresses.data[addresses.ends - back] for back in (1, 2))
    masked: Flags = _IS_BLOTTED[last] | (last == ord("0")) & (before == ord("."))
    return masked


def request_rule(request: bytes) -> int:
    """The place in `RULES` of a request without its query: a page (0), an asset, a download, or another method."""
    if not request.startswith(b"GET "):
        return _PLACE["method"]
    path = request.removeprefix(b"GET ").rpartition(b" HTTP/")[0] or request.removeprefix(b"GET ")
    path = _ORIGIN.sub(b"", path)
    extension = _EXTENSION.search(path.lower())
    ending = extension[1] if extension else b""
    if ending in _ASSETS:
        return _PLACE["asset"]
    if ending in _DOWNLOADS or _DATA_PATH.match(path):
        return _PLACE["download"]
    return 0
