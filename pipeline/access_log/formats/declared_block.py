"""Lines of a declared format to hits: a kernel finds the places of the fields, whole columns are read from there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote_to_bytes
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from connectors.log_format import Escape, LineFormat
from kernels import Bytes, Ints, words_of
from kernels.access_log import LONGEST_LINE
from kernels.log_fields import ENDS, cut_ports, find_origins, match_fields, read_answers, trim_addresses
from kernels.texts import gather_texts
from pipeline.access_log.formats.clients import AreTrusted, Spans, find_clients
from pipeline.access_log.formats.clock import read_times
from pipeline.access_log.formats.requests import requests_at, texts_at
from pipeline.access_log.hits import NO_AGENT, Rows
from pipeline.access_log.texts import Texts

Columns = Mapping[str, Spans]
Literals = tuple[NDArray[np.uint64], NDArray[np.uint64], Ints]


class DeclaredFormat:
    """Reads the lines of one format; `zone` is the clock's where times tell no offset."""

    def __init__(self, line: LineFormat, *, zone: ZoneInfo, picks_client: bool, are_trusted: AreTrusted | None) -> None:
        self._line = line
        self._zone = None if line.has_offset else zone
        self._picks_client = picks_client
        self._are_trusted = are_trusted
        self._literals = _packed(line.literals)
        self._kept = [nth for nth, field in enumerate(line.fields) if field.role]
        wanted = np.full(len(line.fields), -1, np.int64)
        wanted[self._kept] = np.arange(len(self._kept))
        self._fields = (np.array([ENDS.index(field.ends) for field in line.fields], np.int64), wanted)

    def read(self, data: Bytes, *, bounds: tuple[Ints, Ints]) -> tuple[Rows, Ints, Ints]:
        """The hits among some lines, by line number, and the numbers of lines with a bad time and of other lines."""
        spans = np.empty((2, len(self._kept), len(bounds[0])), np.int32)
        read = np.empty(len(bounds[0]), np.int64)
        count = match_fields(data, words_of(data), bounds, self._literals, self._fields, spans, read)
        read = read[:count]
        fields = [self._line.fields[nth] for nth in self._kept]
        places = [(spans[0, nth, :count], spans[1, nth, :count]) for nth in range(len(fields))]
        columns = {field.role: place for field, place in zip(fields, places, strict=True)}
        clocks = [(field.clock, place) for field, place in zip(fields, places, strict=True) if field.clock]
        rows = Rows(
            read,
            read_times(data, clocks, count=count, zone=self._zone),
            _statuses(data, columns["status"]),
            texts_at(data, self._clients(data, columns)),
            requests := requests_at(data, columns),
            self._agents(data, columns, count=count),
            texts_at(data, columns["host"]) if "host" in columns else _hosts_in(requests),
        )
        is_whole = (rows.statuses >= 0) & (rows.addresses.ends > rows.addresses.begins)
        is_whole &= bounds[1][read] - bounds[0][read] <= LONGEST_LINE
        is_hit = is_whole & (rows.seconds > 0)
        is_other = np.ones(len(bounds[0]), bool)
        is_other[read[is_whole]] = False
        return rows.only(is_hit), read[is_whole & ~is_hit], np.flatnonzero(is_other)

    def _clients(self, data: Bytes, columns: Columns) -> Spans:
        peers, lists = columns.get("address"), columns.get("forwarded")
        if peers is not None and any(field.has_port for field in self._line.fields):
            cut_ports(data, *peers)
        if peers is not None and not (self._picks_client and lists is None):
            trim_addresses(data, *peers)
            peers = _without_dashes(data, peers)
            if lists is None or not self._picks_client:
                return peers
        if lists is None:
            assert peers is not None  # noqa: S101 a format has one of both
            lists, peers = peers, None
        return find_clients(data, peers=peers, lists=lists, are_trusted=self._are_trusted)

    def _agents(self, data: Bytes, columns: Columns, *, count: int) -> Texts:
        if "agent" not in columns:
            return Texts.of([NO_AGENT]).only(np.zeros(count, np.int64))
        if not self._line.agent_escape:
            return texts_at(data, columns["agent"])
        return _decoded(data, columns["agent"], escape=self._line.agent_escape)


def _hosts_in(requests: Texts) -> Texts | None:
    """The hosts of requests for whole addresses, as balancers log them, empty for others; null when there are none."""
    begins, ends = requests.begins.copy(), requests.begins.copy()
    is_told = find_origins(requests.data, requests.begins, requests.ends, begins, ends)
    return Texts(requests.data, begins, ends) if is_told else None


def _without_dashes(data: Bytes, spans: Spans) -> Spans:
    is_dash = (spans[1] - spans[0] == 1) & (data[spans[0]] == ord("-"))
    return spans[0], np.where(is_dash, spans[0], spans[1])


def _statuses(data: Bytes, spans: Spans) -> Ints:
    statuses = np.empty(len(spans[0]), np.int64)
    read_answers(data, *spans, statuses)
    return statuses


def _decoded(data: Bytes, spans: Spans, *, escape: Escape) -> Texts:
    """Texts with their spaces, each distinct one decoded once."""
    begins, content = gather_texts(data, *spans)
    buffers = [None, pa.py_buffer(begins), pa.py_buffer(content)]
    coded = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(spans[0]), buffers).dictionary_encode()
    texts = Texts.of([decode(text, escape) for text in coded.dictionary.to_pylist()])
    return texts.only(coded.indices.to_numpy().astype(np.int64))


@lru_cache(1 << 14)
def decode(text: bytes, escape: Escape) -> bytes:
    """An agent with its spaces: written as `+` by IIS, percent-encoded, once or twice, by CloudFront."""
    if escape == "plus":
        return text.replace(b"+", b" ")
    once = unquote_to_bytes(text)
    return (unquote_to_bytes(once) if b"%20" in once else once).replace(b"\n", b" ")


def _packed(literals: tuple[bytes, ...]) -> Literals:
    """Literals in the layout that the kernel takes; each has a word, for its first byte is looked for."""
    padded = [literal + bytes(-len(literal) % 8 or 8 * (not literal)) for literal in literals]
    masks = [
        b"\xff" * len(literal) + bytes(len(word) - len(literal)) for literal, word in zip(literals, padded, strict=True)
    ]
    stops = np.cumsum([0, *(len(word) // 8 for word in padded)])
    parts = np.column_stack([stops[:-1], stops[1:], [len(literal) for literal in literals]])
    return np.frombuffer(b"".join(padded), np.uint64), np.frombuffer(b"".join(masks), np.uint64), parts
