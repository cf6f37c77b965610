"""A workbook of tickets as text, cell by cell, against pandas with openpyxl; its protections are inside the clock."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zlib import crc32

import pandas as pd

from benchmarks.measure import Contender, Target, Work
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import TYPED, RawFile

_ROWS = 200_000
_FIRST_DAY = datetime(2025, 1, 1)  # noqa: DTZ001 a spreadsheet's moments know no zone
_COLUMNS = ("Nomor", "Kanal", "Instansi", "Kategori", "Status", "Masuk", "Dijawab", "Ditutup", "Biaya", "Nilai", "Isi")
_MOMENTS = ("Masuk", "Dijawab", "Ditutup")
_CHANNELS = ("Web", "Telepon", "WhatsApp", "Loket", "Surel")
_WORDS = ("jalan", "lampu", "rusak", "banjir", "sampah", "air", "pajak", "mohon", "segera", "di", "depan", "rumah")


def write_workbook(path: Path, rows: int) -> None:
    """Tickets of a year: text, moments typed as moments, whole and broken numbers, a tenth of them still open."""
    from openpyxl import Workbook

    rng = random.Random(3)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Pengaduan")
    sheet.append(_COLUMNS)
    for number in range(rows):
        sheet.append(_ticket(rng, number))
    book.save(path)


def _ticket(rng: random.Random, number: int) -> tuple[object, ...]:
    received_at = _FIRST_DAY + timedelta(seconds=rng.randrange(365 * 86_400))
    responded_at = received_at + timedelta(seconds=rng.randrange(10 * 86_400))
    return (
        f"T-2025-{number:07}",
        rng.choice(_CHANNELS),
        f"Dinas {rng.randrange(40)}",
        f"Kategori {rng.randrange(60)}",
        "Selesai" if number % 10 else "Proses",
        received_at,
        responded_at,
        responded_at + timedelta(days=1) if number % 10 else None,
        rng.randrange(0, 500_000, 500),
        rng.randrange(10, 50) / 10,
        " ".join(rng.choices(_WORDS, k=9)),
    )


def ours(path: Path) -> str:
    """What is written otherwise than pandas writes it is turned into that."""
    file, layout = RawFile(path, path.name), Layout(format="xlsx")
    return _answer(frame.pipe(_as_pandas_writes) for frame in read_rows(file, layout=layout, columns=_COLUMNS))


def _as_pandas_writes(frame: pd.DataFrame) -> pd.DataFrame:
    moments = {name: frame[name].str.removesuffix(TYPED).str.replace("T", " ", regex=False) for name in _MOMENTS}
    return frame.assign(**moments, Nilai=frame["Nilai"].str.removesuffix("e0"))


def openpyxl(path: Path) -> str:
    """The cells of a workbook as pandas reads them by openpyxl."""
    with path.open("rb") as file:
        return _answer(iter([pd.read_excel(file, engine="openpyxl", dtype=str)]))


def _answer(frames: Iterator[pd.DataFrame]) -> str:
    """How many rows, and a checksum of every cell."""
    rows_count, sums = 0, dict.fromkeys(_COLUMNS, 0)
    for frame in frames:
        rows_count += len(frame)
        for name in _COLUMNS:
            sums[name] = crc32("\n".join([*frame[name].fillna(""), ""]).encode(), sums[name])
    return f"{rows_count} rows, {sum(sums.values()):x}"


WORK = Work(
    name="sheets",
    unit="rows",
    size=_ROWS,
    write=write_workbook,
    contenders={"ours": Contender(ours), "openpyxl": Contender(openpyxl, needs=("openpyxl",))},
    targets=(Target(0.2, "openpyxl"), Target(0.2, "openpyxl", by="cpu"), Target(400, by="peak")),
)
