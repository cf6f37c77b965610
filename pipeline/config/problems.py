"""What pydantic found wrong, in words for the people who wrote it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from connectors.errors import ConfigError
from connectors.numerals import counted_en

# By pydantic's name of the mistake, filled in with what it says was expected; never with what was written there,
# which may be a secret in the wrong place.
_PROBLEMS = {
    "extra_forbidden": ("kunci tidak dikenal; periksa ejaan", "unknown key; check its spelling"),
    "missing": ("wajib diisi", "is required"),
    "string_type": ("harus satu teks, bukan daftar atau pemetaan", "must be one text, not a list or a mapping"),
    "tuple_type": ("harus daftar: baris-baris yang diawali '-'", "must be a list: lines that begin with '-'"),
    "list_type": ("harus daftar: baris-baris yang diawali '-'", "must be a list: lines that begin with '-'"),
    "dict_type": ("harus pemetaan 'kunci: nilai'", "must be a mapping 'key: value'"),
    "model_type": ("harus pemetaan 'kunci: nilai'", "must be a mapping 'key: value'"),
    "int_parsing": ("harus bilangan bulat", "must be a whole number"),
    "int_from_float": ("harus bilangan bulat", "must be a whole number"),
    "float_parsing": ("harus bilangan, dengan titik desimal", "must be a number, with a decimal point"),
    "bool_parsing": ("harus true atau false", "must be true or false"),
    "literal_error": ("harus salah satu dari: {expected}", "must be one of: {expected}"),
    "greater_than": ("harus lebih besar dari {gt}", "must be greater than {gt}"),
    "greater_than_equal": ("harus paling kecil {ge}", "must be at least {ge}"),
    "less_than": ("harus lebih kecil dari {lt}", "must be less than {lt}"),
    "less_than_equal": ("harus paling besar {le}", "must be at most {le}"),
    "string_too_short": (
        "harus paling sedikit {min_length} huruf",
        "must have at least {min_length} characters",
    ),
    "string_pattern_mismatch": ("harus berbentuk {pattern}", "must have the form {pattern}"),
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        ("harus tanggal seperti 2025-12-31", "must be a date such as 2025-12-31"),
    ),
    **dict.fromkeys(
        ("datetime_type", "datetime_parsing", "datetime_from_date_parsing", "timezone_aware"),
        ("harus saat seperti 2025-12-31T23:59:00+07:00", "must be a moment such as 2025-12-31T23:59:00+07:00"),
    ),
}


def explain(path: Path, error: ValidationError, *, more: Sequence[str] = ()) -> ConfigError:
    """All mistakes in one file's settings as one error, each with its place; `more` are told in both languages."""
    lines_id, lines_en = [], []
    for problem in error.errors():
        where = place(problem["loc"]) or path.stem
        in_id, in_en = _texts(problem)
        lines_id.append(f"  {where}: {in_id}")
        lines_en.append(f"  {where}: {in_en}")
    for text in more:
        lines_id.append(f"  {text}")
        lines_en.append(f"  {text}")
    count = len(lines_id)
    return ConfigError(
        id="\n".join([f"{path.name}: {count} kesalahan pengaturan", *lines_id]),
        en="\n".join([f"{path.name}: {counted_en(count, 'mistake', 'mistakes')} in the settings", *lines_en]),
    )


def place(parts: Sequence[object]) -> str:
    """Where in the settings, as dotted keys."""
    return ".".join(str(part) for part in parts if not str(part).startswith("function-"))


def _texts(problem: Mapping[str, Any]) -> tuple[str, str]:
    text = problem["msg"].removeprefix("Value error, ")
    in_id, in_en = _PROBLEMS.get(problem["type"], ("{text}", "{text}"))
    known = {**problem.get("ctx", {}), "text": text}
    return in_id.format_map(known), in_en.format_map(known)


def both(problem: Mapping[str, Any]) -> str:
    """One problem in both languages, for use inside another message."""
    in_id, in_en = _texts(problem)
    return in_id if in_id == in_en else f"{in_id} / {in_en}"
