"""Files made to exhaust or end whoever reads them, packed, nested or endless: each is refused with a message."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors import csv_blocks, records
from connectors.errors import DataRejected
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import RawFile
from pipeline.access_log.count import count_visits
from pipeline.access_log.files import LogFile
from pipeline.access_log.log_terms import LogTerms
from pipeline.draft.layouts import find_layout
from pipeline.landing import refuse_unwritable_name

CSV = b"Nomor,Kanal\n" + b"".join(b"%d,Web\n" % n for n in range(40))
ROWS = [{"Nomor": str(n), "Kanal": "Web"} for n in range(40)]
LINE = b'198.51.100.7 - - [03/Jan/2025:10:05:03 +0700] "GET /data HTTP/1.1" 200 12 "-" "Mozilla/5.0 (X11)"'


def values(path: Path, kind: str) -> list[object]:
    layout = Layout.model_validate({"format": kind})
    frames = read_rows(RawFile(path, path.name), layout=layout, columns=("Nomor", "Kanal"))
    return [value for frame in frames for value in frame["Kanal"].tolist()]


def packed(*blocks: tuple[bytes, int]) -> bytes:
    """Gzip of blocks, each so many times."""
    made = io.BytesIO()
    with gzip.open(made, "wb", compresslevel=1) as stream:
        for block, count in blocks:
            for _ in range(count):
                stream.write(block)
    return made.getvalue()


def tar(size: int, *, name: str = "a.json") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz", compresslevel=1) as archive:
        entry = tarfile.TarInfo(name)
        entry.size = size
        archive.addfile(entry, io.BytesIO(bytes(size)))
    return made.getvalue()


def zipped(name: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, CSV)
    return made.getvalue()


def of_method(content: bytes, method: int) -> bytes:
    """The zip with another way of packing named for its one member."""
    changed = bytearray(content)
    changed[8], changed[changed.find(b"PK\x01\x02") + 10] = method, method
    return bytes(changed)


def aliases(last: str) -> bytes:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
    return "\n".join([*lines, last]).encode()


REFUSED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a gzip of line ends": ("csv", lambda: packed((b"\n" * 10_000_000, 12)), "missing|too much for its size"),
    "a gzip of JSON": ("json", lambda: packed((b" " * 10_000_000, 12)), "too much for its size"),
    "a large member of a tar": ("json", lambda: tar(110_000_000), "too much for its size"),
    "a large member of a tar that nobody asked for": ("json", lambda: tar(110_000_000, name="b"), "too much for its"),
    "half a tar": ("json", lambda: tar(1_000)[:-30], "damaged|not valid JSON|cut short"),
    "a gzip without its end": ("csv", lambda: packed((CSV, 1))[:-12], "gzip file is cut short"),
    "a gzip with something behind it": ("csv", lambda: packed((CSV, 1)) + b"junk", "gzip file is cut short"),
    "two bytes of a gzip": ("csv", lambda: b"\x1f\x8b", "gzip file is cut short"),
    "a zip packed in an unknown way": ("csv", lambda: of_method(zipped("d.csv"), 99), "unknown way"),
    "a zip in a zip": ("csv", lambda: zipped("d.zip"), "another zip"),
    "a zip that leads up": ("csv", lambda: zipped("../../d.csv"), "lead out"),
    "a zip that leads to the root": ("csv", lambda: zipped("/etc/d.csv"), "lead out"),
    "deep JSON": ("json", lambda: b"[" * 200_000 + b"]" * 200_000, "nested too deep"),
    "deep YAML": ("yaml", lambda: b"[" * 100_000, "nested too deep|not valid YAML"),
    "deep YAML by dashes": ("yaml", lambda: b"- " * 100_000 + b"a", "nested too deep"),
    "bytes of half a character": (
        "json",
        lambda: json.dumps(ROWS).encode().replace(b"Web", b"\xed\xa0\x80"),
        "not valid",
    ),
    "a number of 5,000 digits": ("json", lambda: b'[{"Nomor": ' + b"9" * 5_000 + b"}]", "not valid JSON"),
    "YAML of 9 MB": ("yaml", lambda: b'- Nomor: "a"\n' * 700_000, "more than 8 MB in one document"),
    "an alias of nothing": ("yaml", lambda: b"a: *b", "not valid YAML"),
    "a list as a key": ("yaml", lambda: b"? [a, b]\n: c\n", "not valid YAML"),
    "UTF-16 without a mark": ("csv", lambda: CSV.decode().encode("utf-16-le"), "utf-16-le"),
    "nothing": ("csv", lambda: b"", "empty"),
    "a gzip of nothing": ("csv", lambda: packed((b"", 1)), "missing|empty|no header"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_file_that_cannot_be_read_within_bounds_is_refused(what: str, tmp_path: Path) -> None:
    kind, content, words = REFUSED[what]
    (tmp_path / f"a.{kind}").write_bytes(content())
    with pytest.raises(DataRejected, match=words):
        values(tmp_path / f"a.{kind}", kind)


@pytest.mark.parametrize("what", [what for what in REFUSED if "YAML" in what or "JSON" in what or "large" in what])
def test_a_draft_of_such_a_file_is_refused_as_well(what: str, tmp_path: Path) -> None:
    kind, content, _ = REFUSED[what]
    path = tmp_path / f"a.{kind}"
    path.write_bytes(content())
    with pytest.raises(DataRejected):
        find_layout(RawFile(path, path.name))


@pytest.mark.parametrize("last", ["b: &b [*b]", "b: {c: 1, c: 2}"])
def test_aliases_that_multiply_or_hold_themselves_end_nothing(last: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(aliases(last))
    with pytest.raises(DataRejected):
        values(tmp_path / "a.yaml", "yaml")


def test_a_line_without_end_is_refused_before_it_fills_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_blocks, "BLOCK_BYTES", 1 << 16)
    monkeypatch.setattr(csv_blocks, "LONGEST_LINE", 1 << 18)
    (tmp_path / "a.csv").write_bytes(CSV + b"a" * (1 << 20))
    with pytest.raises(DataRejected, match="longer than"):
        values(tmp_path / "a.csv", "csv")


def test_a_document_beyond_memory_is_refused_whatever_its_ratio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "MAX_DOCUMENT_BYTES", 1_000)
    (tmp_path / "a.json").write_bytes(json.dumps(ROWS).encode())
    with pytest.raises(DataRejected, match="in one document"):
        values(tmp_path / "a.json", "json")


def test_of_a_document_beyond_memory_nothing_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_DOCUMENT_BYTES", 30_000_000)
    (tmp_path / "a.json").write_bytes(packed((b'[{"Nomor": "', 1), (b"a" * 1_000_000, 40), (b'"}]', 1)))
    tracemalloc.start()
    try:
        with pytest.raises(DataRejected, match="in one document"):
            values(tmp_path / "a.json", "json")
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


ENDLESS = {
    "one value": (b'<log><trace><event><string key="Nomor" value="', b"a" * 1_000_000, 20),
    "one event": (b"<log><trace><event>", b'<string key="a" value="b"/>' * 30_000, 30),
    "one trace": (b"<log><trace>", b'<event><string key="a" value="b"/></event>' * 1_000, 220),
    "one in another": (b"<log>", b"<a>" * 300, 1),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_an_event_log_that_would_fill_memory_is_refused(what: str, tmp_path: Path) -> None:
    head, block, count = ENDLESS[what]
    (tmp_path / "a.xes").write_bytes(head + block * count)
    with pytest.raises(DataRejected, match="is too large"):
        values(tmp_path / "a.xes", "xes")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"a\ud800b", "a\ufffdb"),
        (r"\udc00", "\ufffd"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\\ud800", "\\ud800"),
        (r"\ud800\ud83d\ude00", "\ufffd\U0001f600"),
    ],
)
def test_half_a_character_in_json_is_read_as_the_mark_for_it(written: str, read: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(f'[{{"Nomor": "1", "Kanal": "{written}"}}]')
    assert values(tmp_path / "a.json", "json") == [read]


@pytest.mark.parametrize("packing", [packed((CSV, 1)), packed((CSV[:30], 1)) + packed((CSV[30:], 1))])
def test_a_sound_gzip_is_read_of_one_member_or_several(packing: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(packing)
    assert values(tmp_path / "a.csv", "csv") == ["Web"] * 40


@pytest.mark.parametrize("end", [b"\r", b"\r\n", b"\n"])
def test_a_log_is_read_line_by_line_whatever_ends_its_lines(end: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(LINE + b"\n" + end.join([LINE] * 20) + end + LINE + b"\n")
    counts = count_visits([LogFile("a", path)], terms=LogTerms(ZoneInfo("Asia/Jakarta"), "portal"))
    assert counts.tally["rows_count"].tolist() == [22]
    assert counts.tally["outcome"].tolist() == ["used"]


def test_a_name_that_is_no_utf_8_is_refused_before_anything_is_stored() -> None:
    with pytest.raises(DataRejected, match=r"d\\xff.csv: the name"):
        refuse_unwritable_name(Path("d\udcff.csv"))
