"""Settings of cities, provinces and readiness changed at random: each is valid, or refused with a message."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.errors import TolokError
from pipeline.config.load import load_city
from pipeline.config.province import load_province
from pipeline.readiness.form import read_form
from tests.hold import of_form
from tests.pipeline.test_bad_settings import GOOD

PROVINCE = """province: provinsi-uji
name: Provinsi Uji
parts: [kota-uji, kab-uji]
publish: {publisher: Diskominfo, licence: CC-BY-4.0, portal: "https://data.uji.example"}
"""
FORM = """region: kota-uji
year: 2025
answers:
  "10.1":
    "1": {answer: ya, note: sejak 2020, evidence: [{file: renja.pdf, date: 2025-01-02, valid_until: 2026-01-02}]}
    "2": {answer: tidak, evidence: [a.pdf, b.pdf], unit: Diskominfo}
  "10.4":
    "9": {answer: ya, tolok: "9"}
"""
MORE = """targets:
  portal_visits: {source: RPJMD 2023-2026, years: {2023: 50000, 2024: 60000}}
  it_downtime: {source: Renstra, direction: at_most, years: {2025: 3.5}}
publish: {publisher: Diskominfo, licence: CC-BY-4.0, portal: "https://data.uji.example"}
reports: {formats: [html, xlsx]}
"""
TOKENS = (
    *(
        "''",
        '""',
        "~",
        "null",
        "[]",
        "{}",
        "- a",
        "? [a]",
        "*a",
        "&a ",
        "<<: *a",
        "!!python/name:os.system",
        "!x",
        "|",
        ">",
    ),
    *("0", "-1", "1e999", ".nan", ".inf", "9" * 5_000, "0x10", "1_000", "2025-13-45", "9999-12-31", "0000-01-01", "%Q"),
    *("../../x", "/etc/passwd", "a" * 5_000, "\t", "\r", "\x00", "\x1b[31m", "\u202e", "\ud7ff", "\ufeff", "\u2028"),
    *("[" * 300, "{a: " * 300, "true", "No", ":", ": ", "#", "'", '"', "{", "}", "(", "(?P<", "*?[", "%", "\\"),
)


def mutated(text: str, chance: random.Random) -> str:
    """The text with one to three changes: of lines, indents, values or letters."""
    lines = text.split("\n")
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(lines))
        what, line = (
            chance.choice(("delete", "repeat", "move", "indent", "value", "value", "token", "letter")),
            lines[at],
        )
        if what == "delete" and len(lines) > 1:
            del lines[at]
        elif what == "repeat":
            lines.insert(chance.randrange(len(lines)), line)
        elif what == "move":
            lines.insert(chance.randrange(len(lines)), lines.pop(at))
        elif what == "indent":
            lines[at] = chance.choice(("  ", "    ", "\t")) + line if chance.random() < 0.5 else line[2:]
        elif what == "value" and ":" in line:
            lines[at] = f"{line.partition(':')[0]}: {chance.choice(TOKENS)}"
        elif line:
            place = chance.randrange(len(line))
            added = chance.choice(TOKENS) if what == "token" else chr(chance.randrange(32, 0x2FFF))
            lines[at] = line[:place] + added + line[place + chance.choice((0, 1, 8)) :]
    return "\n".join(lines)


def city(folder: Path, text: str) -> object:
    (folder / "kota-uji.yaml").write_text(text, "utf-8")
    return load_city(folder, "kota-uji")


def province(folder: Path, text: str) -> object:
    (folder / "provinces").mkdir(exist_ok=True)
    for name in ("kota-uji", "kab-uji"):
        (folder / f"{name}.yaml").touch()
    (folder / "provinces" / "provinsi-uji.yaml").write_text(text, "utf-8")
    return load_province(folder, "provinsi-uji")


def form(folder: Path, text: str) -> object:
    (folder / "form.yaml").write_text(text, "utf-8")
    return read_form(folder / "form.yaml", city_id="kota-uji", city_name="Kota Uji", year=2025)


@pytest.mark.parametrize(
    ("kind", "good", "read"), [("city", GOOD + MORE, city), ("province", PROVINCE, province), ("form", FORM, form)]
)
def test_mutated_settings_are_valid_or_refused_in_both_languages(
    kind: str, good: str, read: Callable[[Path, str], object], tmp_path: Path, row: Callable[[str, str, str], None]
) -> None:
    fates: Counter[str] = Counter()
    assert read(tmp_path, good)
    for nth in range(of_form(40, full=1_000)):
        text = mutated(good, random.Random(f"{kind} {nth}"))  # noqa: S311 no secret
        try:
            read(tmp_path, text)
            fates["valid"] += 1
        except TolokError as fault:
            fates["refused" if fault.id.strip() and fault.en.strip() else "without a word"] += 1
        except Exception as fault:
            raise AssertionError(f"{kind} {nth}: {type(fault).__name__}: {fault}\n{text}") from fault
    assert fates.keys() <= {"valid", "refused"}
    row("Inputs", f"mutated settings: {kind}", f"{fates['valid']} valid, {fates['refused']} refused, none untyped")
