"""Signs that logged addresses are those of proxies: other addresses in the same lines, which differ more."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from itertools import islice
from typing import Any

from kernels.access_log import ROOM
from pipeline.access_log.formats.reader import LineReader

_WINDOWS, _WINDOW_BYTES = 8, 1 << 11
_MOST_SHAPES = 4
_LEAST_LINES = 10
_LEAST_PCT = 10
_LEAST_ADDRESSES_PER_CLIENT = 2
# Neither a part of a path or a version, nor the clock.
_ADDRESS = re.compile(
    rb"(?<![\w./:%+-])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){3,7})(?![\w./%-])"
)


class Forwarded:
    """Sampled lines, and by the place of another address in them the hashes of client addresses and of the others.

    Lists in place of a client address are counted by themselves.
    """

    def __init__(self) -> None:
        self._lines_count = 0
        self._lists_count = 0
        self._told: defaultdict[int, int] = defaultdict(int)
        self._clients: defaultdict[int, set[bytes]] = defaultdict(set)
        self._others: defaultdict[int, set[bytes]] = defaultdict(set)

    def add(self, lines: bytes, *, reader: LineReader, key: bytes) -> None:
        """Count some whole lines, of which `reader` tells the client addresses."""
        texts = lines.split(b"\n")
        for rows in reader.read(lines).rows:
            self._lines_count += len(rows.lines)
            for number, client in zip(rows.lines.tolist(), rows.addresses.tolist(), strict=True):
                self._lists_count += b"," in client
                others = (other for other in _ADDRESS.findall(texts[number]) if other not in client)
                for place, other in enumerate(islice(others, _MOST_SHAPES)):
                    self._told[place] += 1
                    self._clients[place].add(_hash(_without_port(client), key))
                    self._others[place].add(_hash(other, key))

    def texts(self) -> dict[str, Any]:
        """The counts and hashes as JSON has them."""
        places = {
            str(place): [count, *(sorted(value.hex() for value in of[place]) for of in (self._clients, self._others))]
            for place, count in sorted(self._told.items())
        }
        return {"lines": self._lines_count, "lists": self._lists_count, "places": places}

    @classmethod
    def of_texts(cls, texts: Mapping[str, Any]) -> Forwarded:
        """The counts and hashes that `texts` gave."""
        made = cls()
        made._lines_count, made._lists_count = texts["lines"], texts["lists"]
        for place, (count, clients, others) in texts["places"].items():
            made._told[int(place)] = count
            made._clients[int(place)] = set(map(bytes.fromhex, clients))
            made._others[int(place)] = set(map(bytes.fromhex, others))
        return made

    def absorb(self, other: Forwarded) -> None:
        """Add another's lines, hashed with the same key."""
        self._lines_count += other._lines_count
        self._lists_count += other._lists_count
        for place, count in other._told.items():
            self._told[place] += count
            self._clients[place] |= other._clients[place]
            self._others[place] |= other._others[place]

    @property
    def are_proxies(self) -> bool:
        """Whether many lines have a list of addresses, or another address beside one that has many of these."""
        are_lists = self._lists_count > 0 and 100 * self._lists_count >= _LEAST_PCT * self._lines_count
        return are_lists or any(
            count >= _LEAST_LINES
            and 100 * count >= _LEAST_PCT * self._lines_count
            and len(self._others[place]) >= _LEAST_ADDRESSES_PER_CLIENT * len(self._clients[place])
            for place, count in self._told.items()
        )


def samples(block: memoryview) -> bytes:
    """Whole lines from all parts of a block of them that ends in `ROOM` bytes of padding."""
    return b"".join(_windows(block[:-ROOM]))


def _windows(block: memoryview) -> Iterator[bytes]:
    """The block, or its first lines and those in windows behind."""
    if len(block) <= _WINDOWS * _WINDOW_BYTES:
        yield bytes(block)
        return
    step = len(block) // _WINDOWS
    for begin in range(0, step * _WINDOWS, step):
        first, _, rest = bytes(block[begin : begin + _WINDOW_BYTES]).partition(b"\n")
        whole = rest.rpartition(b"\n")[0]
        lines = first + b"\n" + whole if begin == 0 else whole
        yield lines + b"\n" * bool(lines)


def _without_port(client: bytes) -> bytes:
    is_port = client.startswith(b"[") or client.count(b":") == 1
    return client.rpartition(b":")[0] if is_port else client


def _hash(address: bytes, key: bytes) -> bytes:
    return blake2b(address, digest_size=8, key=key).digest()
