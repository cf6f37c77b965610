"""The rules of an access log (clause 10.1): which class each line is in, tested in one fixed order."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from ipaddress import ip_network

import numpy as np
from numpy.typing import NDArray

from kernels import words_of
from kernels.access_log import find_beginning
from pipeline.access_log.bots import AGENT_RULES, agent_rules
from pipeline.access_log.hits import Hits, Rows
from pipeline.access_log.texts import Texts, Verdict, Verdicts, number_texts

FAULTS = ("blank_line", "malformed_line", "bad_time")
REQUEST_RULES = ("method", "status", "asset", "download")
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
_MAPPED_IPV4 = bytes(10) + b"\xff\xff"
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
_DATA_PATH = re.compile(rb"(?:/[a-z]{2}(?:_[A-Z]{2})?)?/api/|.*/download(?:/|$)|.*/datastore/dump/", re.DOTALL)

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Keys = NDArray[np.uint64]
Range = tuple[int, int, int]


@dataclass(frozen=True)
class Classes:
    """Per line: its visitor, what was wrong with the request, with who asked, and whether it is a page that moved."""

    visitor: Keys
    request_rule: Verdict
    asker_rule: Verdict
    is_moved_page: Flags

    @classmethod
    def of(cls, parts: Sequence[Classes]) -> Classes:
        """All parts together."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    @property
    def rule(self) -> Verdict:
        return np.where(self.request_rule > 0, self.request_rule, self.asker_rule)

    def choices(self) -> dict[str, Flags]:
        """The lines each set of runs is made of."""
        is_page, is_person = self.request_rule == 0, self.asker_rule == 0
        return {
            "people": is_page & is_person,
            "bots": is_page & (self.asker_rule != _PLACE["own_network"]),
            "redirects": (is_page | self.is_moved_page) & is_person,
            "all": np.ones(len(is_page), bool),
        }


class Classifier:
    """Lines to classes; each distinct agent and request is judged once and remembered for a while.

    Classifiers with the same key give a visitor the same number.
    """

    def __init__(self, own_networks: Iterable[str], *, key: bytes) -> None:
        self._key = key
        ranges = tuple(map(_parse_range, own_networks))
        self._first_words = _first_words(ranges)
        self._are_own = Verdicts(lambda addresses: [_is_inside(address, ranges=ranges) for address in addresses])
        self._request_rules = Verdicts(lambda requests: [*map(request_rule, requests)])
        self._agent_rules = Verdicts(lambda agents: [_PLACE[rule] for rule in agent_rules()(agents)])

    def __call__(self, hits: Hits) -> Classes:
        return Classes.of([self._classify(rows) for rows in hits.rows])

    def _classify(self, rows: Rows) -> Classes:
        requests = number_texts(rows.asked, key=self._key + b"request")
        addresses = number_texts(rows.addresses, key=self._key + b"address")
        agents = number_texts(rows.agents, key=self._key + b"agent")
        asked = self._request_rules.of(rows.asked, numbers=requests)
        asker_rules = self._agent_rules.of(rows.agents, numbers=agents)
        asker_rules[self._find_own(rows.addresses, numbers=addresses)] = _PLACE["own_network"]
        is_answered = _IS_ANSWERED[rows.statuses]
        return Classes(
            addresses + agents,
            np.where(is_answered | (asked == _PLACE["method"]), asked, np.int8(_PLACE["status"])),
            asker_rules,
            (asked == 0) & _IS_REDIRECT[rows.statuses],
        )

    def _find_own(self, addresses: Texts, *, numbers: Keys) -> Ints:
        """Which addresses are the city's own; only those that may be are parsed."""
        places, (wanted, bits) = np.empty(len(numbers), np.int64), self._first_words
        candidates = places[: find_beginning(words_of(addresses.data), addresses.begins, wanted, bits, places)]
        are_own = self._are_own.of(addresses.only(candidates), numbers=numbers[candidates])
        return candidates[are_own > 0]


def request_rule(asked: bytes) -> int:
    """The place in `RULES` of a request without its query: a page (0), an asset, a download, or another method."""
    if not asked.startswith(b"GET "):
        return _PLACE["method"]
    path = asked.removeprefix(b"GET ").rpartition(b" HTTP/")[0] or asked.removeprefix(b"GET ")
    extension = _EXTENSION.search(path.lower())
    ending = extension[1] if extension else b""
    if ending in _ASSETS:
        return _PLACE["asset"]
    if ending in _DOWNLOADS or _DATA_PATH.match(path):
        return _PLACE["download"]
    return 0


def _is_inside(address: bytes, *, ranges: tuple[Range, ...]) -> bool:
    try:
        packed = socket.inet_pton(socket.AF_INET6 if b":" in address else socket.AF_INET, address.decode("latin-1"))
    except (OSError, ValueError):
        return False
    packed = packed.removeprefix(_MAPPED_IPV4)
    number = int.from_bytes(packed)
    return any(number & mask == network for length, mask, network in ranges if length == len(packed))


def _first_words(ranges: tuple[Range, ...]) -> Keys:
    """How every address inside a range begins, and few others: its first eight bytes and which of their bits count.

    An IPv6 address, which may be a mapped IPv4 one, has a colon behind four digits at most.
    """
    octets = {network.to_bytes(4)[: mask.bit_count() // 8] for length, mask, network in ranges if length == 4}
    begins = [".".join(map(str, begin)).encode()[:8] for begin in octets]
    words = [(begin, b"\xff" * len(begin)) for begin in begins]
    words += [(bytes(digits) + b":", bytes(digits) + b"\xff") for digits in range(5) if ranges]
    return np.array([(_word(word), _word(bits)) for word, bits in words], np.uint64).reshape(-1, 2).T.copy()


def _word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


def _parse_range(text: str) -> Range:
    network = ip_network(text)
    return network.max_prefixlen // 8, int(network.netmask), int(network.network_address)
