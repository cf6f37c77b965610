"""Columns of texts and requests from the places where a reader found them in a block."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kernels import Bytes, Places
from kernels.access_log import ROOM
from kernels.json_lines import cut_at, join_texts
from pipeline.access_log.texts import Texts

_QUESTION, _SPACE = b"? "

# Where the texts of a column begin and end, as a pair of columns or as two rows of one array.
Slices = tuple[Places, Places] | Places


def texts_at(data: Bytes, slices: Slices) -> Texts:
    """The texts at some places, in the block's own bytes."""
    return Texts(data, slices[0].astype(np.int64), slices[1].astype(np.int64))


def requests_at(data: Bytes, parts: Mapping[str, Slices]) -> Texts:
    """The requests without their queries, from `request` or from `method` and `uri`."""
    if "request" in parts:
        requests = texts_at(data, parts["request"])
    else:
        method, uri = np.asarray(parts["method"]), np.asarray(parts["uri"])
        size = int((method[1] - method[0] + 1 + uri[1] - uri[0]).sum())
        begins, content = np.empty(uri.shape[1] + 1, np.int64), np.zeros(size + ROOM, np.uint8)
        join_texts(data, method, uri, _SPACE, content, begins)
        requests = Texts(content, begins[:-1], begins[1:].copy())
    cut_at(requests.data, _QUESTION, requests.begins, requests.ends)
    return requests
