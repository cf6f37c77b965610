"""Blocks hold what Python's reader finds record by record, whatever the text, quotes and block size."""

import csv
import io
from collections.abc import Iterator
from itertools import starmap
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import csv_blocks
from connectors.errors import DataRejected
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import RawFile, frame_of_records
from connectors.table_bodies import TableBody

TOKENS = (
    *('"', '""', ";", ";", "\n", "\n", "\r\n", "\r", " ", "\x1c", "\u2028", "\xa0", "\ufeff"),
    *("NA", "null", "1.5", "x", "caf\u00e9", '"a;b"', '"a\nb"', '"a""b"', '"a\r\nb"', ";;", "\n\n", 'inch" '),
)
CELLS = st.sampled_from(
    ["", " ", "NA", "x", "caf\u00e9", "a;b", 'say "hi"', "two\nlines", "two\r\nlines", "\u2028", '"']
)
RECORDS = st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=12)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("csv") / "a.csv"


def row_by_row(content: bytes, encoding: str) -> pd.DataFrame:
    """The columns `a` and `c` of a header of three, as the standard library reads them."""
    text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    rows = enumerate(csv.reader(text, delimiter=";", strict=True), start=1)
    next(rows)
    return frame_of_records((judged(number, row) for number, row in rows), columns=("a", "c"))


def judged(number: int, row: list[str]) -> tuple[object, ...]:
    if not "".join(row).strip():
        return number, "blank_row", None, None
    if len(row) < 3 or "".join(row[3:]).strip():
        return number, "wrong_field_count", None, None
    filled = [cell.strip() for cell in row if cell.strip()]
    if len(filled) == 1 and not filled[0][0].isdigit():
        return number, "undeclared_group_row", None, None
    return number, None, row[0], row[2]


def in_blocks(path: Path, encoding: str) -> pd.DataFrame:
    layout = Layout(format="csv", delimiter=";", encoding=encoding)
    frames = list(read_rows(RawFile(path, "a.csv"), layout=layout, columns=("a", "c")))
    return pd.concat([frame_of_records([], columns=("a", "c")), *frames], ignore_index=True)


def read_last_rows_again(patch: pytest.MonkeyPatch) -> None:
    """The last rows of a file are read as if they might be notes, and then none is."""
    patch.setattr(TableBody, "is_sparse", lambda *_: True)
    patch.setattr(TableBody, "without_tail", lambda table, rows, **_: starmap(table.record, rows))


def hold_against_each_other(path: Path, content: bytes, *, encoding: str, block_bytes: int) -> None:
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_blocks, "BLOCK_BYTES", block_bytes)
        read_last_rows_again(patch)
        try:
            expected = row_by_row(content, {"utf-8": "utf-8-sig"}.get(encoding, encoding))
        except (csv.Error, UnicodeDecodeError):
            with pytest.raises(DataRejected):
                in_blocks(path, encoding)
        else:
            pd.testing.assert_frame_equal(in_blocks(path, encoding), expected)


@settings(max_examples=600, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tokens=st.lists(st.sampled_from(TOKENS), max_size=60),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "utf-16-be"]),
    block_bytes=st.integers(1, 80),
)
def test_any_text_gives_the_records_of_the_standard_library(
    path: Path, tokens: list[str], encoding: str, block_bytes: int
) -> None:
    text = "a;b;c\n" + "".join(tokens)
    hold_against_each_other(path, text.encode(encoding), encoding=encoding, block_bytes=block_bytes)


@settings(max_examples=400)
@given(
    records=RECORDS,
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    has_last_end=st.booleans(),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig"]),
    block_bytes=st.integers(1, 200),
)
def test_any_table_written_by_the_standard_library_is_read_back(
    path: Path,
    records: list[list[str]],
    end: str,
    has_last_end: bool,
    quoting: int,
    encoding: str,
    block_bytes: int,
) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=";", lineterminator=end, quoting=quoting).writerows([["a", "b", "c"], *records])  # type: ignore[arg-type]
    text = written.getvalue() if has_last_end else written.getvalue().removesuffix(end)
    hold_against_each_other(path, text.encode(encoding), encoding=encoding, block_bytes=block_bytes)


@settings(max_examples=200)
@given(rest=st.binary(max_size=60), encoding=st.sampled_from(["utf-8", "cp1252"]), block_bytes=st.integers(1, 80))
def test_bytes_that_are_not_of_the_encoding_are_refused_wherever_they_stand(
    path: Path, rest: bytes, encoding: str, block_bytes: int
) -> None:
    content = b"a;b;c\n" + rest.replace(b"\x00", b"\xff")
    hold_against_each_other(path, content, encoding=encoding, block_bytes=block_bytes)


def slow_blocks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes Python's reader was asked for, block by block, header left out."""
    asked: list[int] = []
    rows = csv_blocks.CsvText.rows

    def counted(self: csv_blocks.CsvText, bytes_count: int = 0) -> Iterator[tuple[int, list[str]]]:
        asked.extend([bytes_count] if bytes_count else [])
        return rows(self, bytes_count) if bytes_count else rows(self)

    monkeypatch.setattr(csv_blocks.CsvText, "rows", counted)
    return asked


def test_a_stray_quote_slows_nothing_down(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_blocks, "BLOCK_BYTES", 100)
    asked = slow_blocks(monkeypatch)
    good = '1;"a;\n""b""";2\r\n' * 20
    path.write_text("a;b;c\n" + good + '5" pipe;x;y\n' + good, newline="")
    assert in_blocks(path, "utf-8")["a"].tolist() == [*["1"] * 20, '5" pipe', *["1"] * 20]
    assert not asked


def test_short_blank_and_overlong_records_do_not_slow_down_their_block(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = slow_blocks(monkeypatch)
    path.write_text("a;b;c\n1;2;3\n\n1;2\n;;\n1;2;3;4\n1;2;3;;\n;x;\n")
    problems = in_blocks(path, "utf-8")["reader_problem"].fillna("").tolist()
    ragged, blank = "wrong_field_count", "blank_row"
    assert problems == ["", blank, ragged, blank, ragged, "", "undeclared_group_row"]
    assert not asked


def test_an_unclosed_quote_is_found_without_holding_the_rest_of_the_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_blocks, "BLOCK_BYTES", 100)
    monkeypatch.setattr(csv, "field_size_limit", None)
    path.write_text("a;b;c\n" + "1;2;3\n" * 50 + '1;"2;3\n' + "1;2;3\n" * 50)
    with pytest.raises(DataRejected, match="near line 102"):
        in_blocks(path, "utf-8")
