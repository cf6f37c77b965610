"""Payloads in every text parameter of every command: a typed end in two languages, nothing written, nothing run."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import click
import pytest

from pipeline.cli import commands, main
from tests.hold import of_form

_FEW = ["../../x", "'; DROP TABLE result; --", "a\x1b[31m\nb\u202e", "\udcff"]
PAYLOADS = of_form(
    _FEW,
    full=[
        *_FEW,
        *("<script>alert(1)</script>", "{{7*7}}", "{% raw %}", "=1+1", '=cmd|" /C calc"!A1', "@SUM(1)", "\t=1"),
        *("../../../../etc/passwd", "..\\..\\x", "/nonexistent/x", "file:///etc/passwd", "%2e%2e%2fx"),
        *("$(touch pwned)", "`touch pwned`", "; touch pwned", "| touch pwned", '#import "/etc/passwd"', "#eval(1)"),
        *("x\r\nX-Injected: 1", "%0d%0aX: 1", "' OR 1=1 --", '" UNION SELECT 1 --', "9" * 400, "a" * 5000),
        *("-" * 3, "--help=", "", " ", "кота-uji", "ｋota-uji", "con", "2025_99", "2025;2026", "NaN", "1.e999"),
    ],
)
SOUND = {
    "city": "kota-uji",
    "period": "2025",
    "year": "2025",
    "indicator": "10.3",
    "file": "x.csv",
    "words": "kota-uji",
}
# Measures the machine, which takes minutes.
_LEFT_OUT = ("bench",)
CITY = """city: kota-uji
name: Kota Uji
zone: Asia/Jakarta
region_codes: {bps: "9971"}
sources:
  meja:
    table: population
    path: data/*.csv
    format: csv
    authority: bps
    columns: {region_code: kode, population_count: jumlah, reference_on: {column: tgl, format: "%Y-%m-%d"}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with a city without exports, deep enough for paths that climb."""
    inner = tmp_path / "a" / "b" / "c"
    (inner / "cities").mkdir(parents=True)
    (inner / "cities" / "kota-uji.yaml").write_text(CITY, "utf-8")
    monkeypatch.chdir(inner)
    monkeypatch.setenv("TOLOK_HOME", str(inner / "home"))
    monkeypatch.setenv("TOLOK_CITIES", str(inner / "cities"))
    monkeypatch.delenv("TOLOK_WAREHOUSE", raising=False)
    return tmp_path


def calls(payload: str) -> Iterator[list[str]]:
    """Every command with the payload in one of its text parameters and sound values in the others."""
    for name, command in sorted(commands.commands.items()):
        texts = [one for one in command.params if not isinstance(one.type, click.types.BoolParamType)]
        # Where output goes is the caller's to say.
        aimed_at = [one for one in texts if not isinstance(one.type, click.Path)]
        for aimed in aimed_at if name not in _LEFT_OUT else ():
            arguments = [name]
            for one in texts:
                value = payload if one is aimed else SOUND.get(one.name or "", "2025")
                if isinstance(one, click.Option):
                    arguments += [f"{one.opts[-1]}={value}"] if one is aimed or one.required else []
                elif one is aimed or one.required:
                    arguments += [value] if one is aimed or one.nargs == 1 else [value, "2025"]
            yield arguments


def ended(arguments: list[str], patch: pytest.MonkeyPatch) -> tuple[int, str]:
    """Exit code and all output of one command."""
    out = io.StringIO()
    patch.setattr("sys.argv", ["tolok", *arguments])
    with redirect_stdout(out), redirect_stderr(out):
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
    return code, out.getvalue()


def test_a_payload_in_any_parameter_ends_in_a_typed_refusal(
    folder: Path, monkeypatch: pytest.MonkeyPatch, row: Callable[[str, str, str], None]
) -> None:
    before = _outside(folder)
    count, faults = 0, []
    for payload in PAYLOADS:
        for arguments in calls(payload):
            code, told = ended(arguments, monkeypatch)
            count += 1
            is_inert = "\x1b[31m" not in told and "\u202e" not in told and "Traceback" not in told
            if code == 1 or not is_inert or _outside(folder) != before:
                faults.append(f"{arguments}: {code} {told[-150:]}"[:400])
                before = _outside(folder)
    assert count
    assert not faults, "\n".join(faults)
    row("Security", f"{len(PAYLOADS)} payloads in every text parameter of every command", f"{count} calls, all typed")


def _outside(folder: Path) -> list[Path]:
    """What lies outside the data folder."""
    inner = folder / "a" / "b" / "c"
    return sorted(path for path in folder.rglob("*") if not path.is_relative_to(inner / "home"))
