"""Sets of networks, and which addresses of a column are inside: few are parsed, each distinct one once."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterable
from ipaddress import ip_network

import numpy as np
from numpy.typing import NDArray

from kernels import Flags, Ints, words_of
from kernels.access_log import match_prefixes
from pipeline.access_log.texts import Texts, Verdicts, keyed_hashes

_MAPPED_IPV4 = bytes(10) + b"\xff\xff"

Keys = NDArray[np.uint64]
Range = tuple[int, int, int]


class Networks:
    """CIDR ranges; raises `ValueError` for a text that is none."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._ranges = tuple(map(_parse_range, texts))
        self._prefixes = _prefixes(self._ranges)
        self._are_inside = Verdicts(lambda addresses: [self.has(address) for address in addresses])
        self._key = secrets.token_bytes(24)

    def has(self, address: bytes) -> bool:
        """Whether an address is inside; false for what is no address."""
        family = socket.AF_INET6 if b":" in address else socket.AF_INET
        try:
            packed = socket.inet_pton(family, address.decode("latin-1")).removeprefix(_MAPPED_IPV4)
        except (OSError, ValueError):
            return False
        number = int.from_bytes(packed)
        return any(number & mask == network for length, mask, network in self._ranges if length == len(packed))

    def find(self, addresses: Texts, *, hashes: Keys | None = None) -> Ints:
        """The positions of the addresses inside; `hashes` are their `keyed_hashes`, of one key for all calls."""
        places, (words, masks) = np.empty(len(addresses.begins), np.int64), self._prefixes
        found = places[: match_prefixes(words_of(addresses.data), addresses.begins, words, masks, places)]
        candidates = addresses.only(found)
        hashes = keyed_hashes(candidates, key=self._key) if hashes is None else hashes[found]
        return found[self._are_inside.of(candidates, hashes=hashes) > 0]

    def are_inside(self, addresses: Texts) -> Flags:
        """Which of the addresses are inside."""
        flags = np.zeros(len(addresses.begins), bool)
        flags[self.find(addresses)] = True
        return flags


def _prefixes(ranges: tuple[Range, ...]) -> Keys:
    """Prefixes that every address inside a range has, as 8-byte words, and masks of the bits that count.

    An IPv6 address, which may be a mapped IPv4 one, has a colon after at most four digits.
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
