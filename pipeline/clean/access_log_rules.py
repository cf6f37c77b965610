"""The rules of an access log (clause 10.1): which class each line is in, tested in one fixed order."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from ipaddress import ip_network

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.clean.access_log_lines import Coded, Hits, bounds_and_bytes, records
from pipeline.clean.bots import AGENT_RULES, AgentRules

FAULTS = ("blank_line", "malformed_line", "bad_time")
REQUEST_RULES = ("method", "status", "asset", "download")
RULES = ("", *FAULTS, *REQUEST_RULES, "own_network", *AGENT_RULES)
OUTCOMES = dict.fromkeys(RULES, "excluded") | {
    "": "used",
    "malformed_line": "quarantined",
    "bad_time": "quarantined",
}

_PLACE = {rule: place for place, rule in enumerate(RULES)}
_VALUES_KEPT = 1 << 16
_WORD_BYTES = 8
_FIRST_BYTES = np.array([(1 << 8 * size) - 1 for size in range(_WORD_BYTES + 1)], np.uint64)
_LONGEST_MIXED = 512
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
    request_rule: Ints
    asker_rule: Ints
    is_moved_page: Flags

    @property
    def rule(self) -> Ints:
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
    """Lines to classes; each distinct address, agent and path is judged once and remembered for a while.

    Classifiers with the same key give a visitor the same number.
    """

    def __init__(self, own_networks: Iterable[str], *, key: bytes) -> None:
        self._key = key
        self._ranges = tuple(map(_parse_range, own_networks))
        self._request_rules = _Judgements(request_rule)
        self._own_addresses = _Judgements(lambda address: _is_inside(address, ranges=self._ranges))
        self._agent_rules = AgentRules()

    def __call__(self, hits: Hits) -> Classes:
        asked = self._request_rules.of(hits.asked)
        is_answered = _IS_ANSWERED[hits.statuses]
        addresses, agents = (hash_texts(column.texts, key=self._key) for column in (hits.addresses, hits.agents))
        return Classes(
            addresses[hits.addresses.codes] + agents[hits.agents.codes],
            np.where(is_answered | (asked == _PLACE["method"]), asked, _PLACE["status"]),
            self._judge_askers(hits),
            (asked == 0) & _IS_REDIRECT[hits.statuses],
        )

    def _judge_askers(self, hits: Hits) -> Ints:
        agents = np.array([_PLACE[rule] for rule in self._agent_rules(hits.agents.values)], np.int64)
        rules = np.asarray(agents[hits.agents.codes])
        return np.where(self._own_addresses.of(hits.addresses), _PLACE["own_network"], rules) if self._ranges else rules


class _Judgements(dict[bytes, int]):
    """What `judge` says of each text, asked once; all are forgotten when there are too many."""

    def __init__(self, judge: Callable[[bytes], int]) -> None:
        self._judge = judge

    def __missing__(self, text: bytes) -> int:
        if len(self) >= _VALUES_KEPT:
            self.clear()
        self[text] = judgement = self._judge(text)
        return judgement

    def of(self, column: Coded) -> Ints:
        return np.fromiter(map(self.__getitem__, column.values), np.int64, len(column.values))[column.codes]


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


def hash_texts(texts: pa.BinaryArray, *, key: bytes) -> Keys:
    """A number of 64 bits for each text, the same for the same key of 24 bytes; every word is mixed in reversibly."""
    bounds, content = bounds_and_bytes(texts)
    begins, sizes = bounds[:-1], np.diff(bounds)
    seed, *factors = (word | np.uint64(1) for word in np.frombuffer(key, np.uint64))
    padded = np.append(content, np.zeros(_WORD_BYTES, np.uint8))
    numbers: Keys = sizes.astype(np.uint64) ^ seed
    for at in range(0, min(int(sizes.max(initial=0)), _LONGEST_MIXED), _WORD_BYTES):
        longer = np.flatnonzero(sizes > at)
        words = records(padded, at=begins[longer] + at, dtype="<u8")
        words = words & _FIRST_BYTES[np.minimum(sizes[longer] - at, _WORD_BYTES)]
        numbers[longer] = _mix(numbers[longer] ^ words, factors=factors)
    for place in np.flatnonzero(sizes > _LONGEST_MIXED).tolist():
        numbers[place] = int.from_bytes(blake2b(texts[place].as_py(), digest_size=8, key=key).digest())
    return numbers


def _mix(numbers: Keys, *, factors: list[np.uint64]) -> Keys:
    for factor in factors:
        numbers = numbers * factor
        numbers ^= numbers >> 31
    return np.asarray(numbers)


def _is_inside(address: bytes, *, ranges: tuple[Range, ...]) -> bool:
    try:
        packed = socket.inet_pton(socket.AF_INET6 if b":" in address else socket.AF_INET, address.decode("latin-1"))
    except (OSError, ValueError):
        return False
    packed = packed.removeprefix(_MAPPED_IPV4)
    number = int.from_bytes(packed)
    return any(number & mask == network for length, mask, network in ranges if length == len(packed))


def _parse_range(text: str) -> Range:
    network = ip_network(text)
    return network.max_prefixlen // 8, int(network.netmask), int(network.network_address)
