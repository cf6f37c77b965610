"""How the dates of a column are written, with the counts that prove the order of day and month, or that none does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from connectors.numerals import counted_en
from connectors.records import TYPED
from pipeline.clean.moments import with_english_months
from pipeline.clean.reading import Reading
from pipeline.clean.values import parse

Grain = Literal["moment", "day", "month", "year", "hour"]

_LAST_MONTH = 12
_TWO_DIGITS = 2
_SHARE = 0.7
_MOST_TEXTS = 5_000
_CLOCK = (
    r"(?P<join>T|,? | - |, ?pukul | pukul )?(?P<h>\d{1,2})(?P<c>[:.])(?P<m>\d{2})"
    r"(?:(?P=c)(?P<s>\d{2})(?P<f>[.,]\d{1,9})?)?(?P<ap> ?[AaPp][Mm])?"
    r"(?P<z> ?(?:Z|UTC|GMT|WIB|WITA|WIT|[+-]\d{2}:?\d{2}))?"
)
_END = rf"(?P<clock>{_CLOCK})?"
_FORMS = {
    "ymd": re.compile(rf"(?P<y>\d{{4}})(?P<sep>[-/.])(?P<one>\d{{1,2}})(?P=sep)(?P<two>\d{{1,2}}){_END}"),
    "dmy": re.compile(rf"(?P<one>\d{{1,2}})(?P<sep>[-/. ])(?P<two>\d{{1,2}})(?P=sep)(?P<y>\d{{4}}|\d{{2}}){_END}"),
    "d_name": re.compile(
        rf"(?P<week>[A-Za-z']{{4,}},? )?(?P<one>\d{{1,2}})(?P<sep>[- /.])(?P<name>[A-Za-z]{{3,}}\.?)(?P<sep2>[- /.])"
        rf"(?P<y>\d{{4}}|\d{{2}}){_END}"
    ),
    "name_d": re.compile(rf"(?P<name>[A-Za-z]{{3,}}\.?) (?P<one>\d{{1,2}})(?P<sep>,?) (?P<y>\d{{4}}){_END}"),
    "compact": re.compile(r"(?P<y>(?:19|20)\d{2})(?P<one>0[1-9]|1[0-2])(?P<two>0[1-9]|[12]\d|3[01])"),
    "month": re.compile(r"(?P<y>(?:19|20)\d{2})(?P<sep>[-/.])(?P<one>0?[1-9]|1[0-2])"),
    "name_y": re.compile(r"(?P<name>[A-Za-z]{3,}\.?)(?P<sep>[- ])(?P<y>(?:19|20)\d{2})"),
    "year": re.compile(r"(?P<y>(?:19|20)\d{2})"),
    "hour": re.compile(_CLOCK),
}
_MONTHS = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
_ZONES = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura", "UTC": "UTC", "GMT": "UTC"}


@dataclass(frozen=True)
class DateReading:
    """How a column's dates are read: formats (none for ISO 8601), what they tell, and the counts behind that.

    `choices` are the formats of either order when nothing decides it; `zone` is one that the texts name;
    `may_be_swapped`: Excel may have exchanged day and month of the typed dates.
    """

    grain: Grain
    formats: tuple[str, ...]
    choices: tuple[tuple[str, ...], ...]
    has_offset: bool
    zone: str | None
    share: float
    evidence: tuple[str, ...]
    may_be_swapped: bool = False

    @property
    def is_open(self) -> bool:
        """Whether a person must say how the dates are written."""
        return bool(self.choices) or self.share < _SHARE


def read_dates(texts: pd.Series) -> DateReading | None:
    """How the texts of a column, none of them blank, are read as dates; null when they are none."""
    counts = texts.value_counts()
    counts = counts.iloc[:: -(-len(counts) // _MOST_TEXTS) or 1]
    found = [(text, _match(text.removesuffix(TYPED))) for text in counts.index]
    dated = [(form, match) for _, one in found if one for form, match in [one]]
    share = sum(int(counts[text]) for text, one in found if one) / max(1, int(counts.sum()))
    if share < _SHARE:
        return None
    grain = _grain(dated)
    order, evidence = _order(dated)
    swapped = _swap_sign(dated) if order == "dm" else []
    templates = list(dict.fromkeys(_template(form, match) for form, match in dated))
    if grain == "hour":
        templates, order = [], "dm"
    formats, choices = _formats(templates, order)
    named = {_ZONES[name] for _, match in dated if (name := _zone(match)) in _ZONES}
    zone = named.pop() if len(named) == 1 else None
    said = (*evidence, *swapped)
    reading = DateReading(grain, formats, choices, _has_offset(dated), zone, share, said, bool(swapped))
    return _proved(texts, reading)


def _match(text: str) -> tuple[str, re.Match[str]] | None:
    for form, pattern in _FORMS.items():
        match = pattern.fullmatch(text)
        if match and ("name" not in match.groupdict() or _is_month(match["name"])):
            return form, match
    return None


def _is_month(name: str) -> bool:
    return with_english_months(name) in _MONTHS


def _grain(dated: Sequence[tuple[str, re.Match[str]]]) -> Grain:
    kinds = Counter(
        "month" if form in ("month", "name_y") else form if form in ("year", "hour") else _day_or_moment(match)
        for form, match in dated
    )
    return "moment" if kinds["moment"] else kinds.most_common(1)[0][0]  # type: ignore[return-value]


def _day_or_moment(match: re.Match[str]) -> str:
    # A workbook's typed day is written as its midnight.
    clock = match.groupdict().get("clock")
    return "moment" if clock and not clock.startswith("T00:00:00") else "day"


def _order(dated: Sequence[tuple[str, re.Match[str]]]) -> tuple[str, list[str]]:
    """`dm`, `md` or `` for undecided, over all texts of the column in which two numbers stand before the year."""
    pairs = {(int(m["one"]), int(m["two"]), m["y"]) for form, m in dated if form == "dmy"}
    if not pairs:
        return "dm", []
    first, second = sum(one > _LAST_MONTH for one, _, _ in pairs), sum(two > _LAST_MONTH for _, two, _ in pairs)
    whole, days = len(pairs), counted_en(len(pairs), "day", "days")
    if _year_may_be_first(pairs):
        return "", [f"tahun dua angka, letaknya tidak terbukti / two-digit years, no proof where they stand ({whole})"]
    if first and not second:
        said = f"{first} dari {whole} tanggal di atas 12: hari dahulu / {first} of {days} are above 12: day first"
        return "dm", [said]
    if second and not first:
        return "md", [
            f"{second} dari {whole} angka kedua di atas 12: bulan dahulu / "
            f"{second} of {counted_en(whole, 'second number', 'second numbers')} are above 12: month first"
        ]
    if first and second:
        return "", [
            f"bertentangan: {first} angka pertama dan {second} angka kedua di atas 12, dari {whole} / "
            f"contradictory: {first} first and {second} second numbers are above 12, of {whole}"
        ]
    return "", [f"0 dari {whole} tanggal di atas 12: urutan tidak terbukti / 0 of {days} are above 12: no proof"]


def _year_may_be_first(pairs: set[tuple[int, int, str]]) -> bool:
    """Whether the first number may as well be a two-digit year: the last varies as much as the first."""
    if all(len(year) > _TWO_DIGITS for _, _, year in pairs):
        return False
    return len({one for one, _, _ in pairs}) <= len({year for _, _, year in pairs})


def _swap_sign(dated: Sequence[tuple[str, re.Match[str]]]) -> list[str]:
    """Typed dates whose days are all up to 12 beside text dates: Excel may have swapped the typed ones."""
    pairs = {(m["y"], m["one"], m["two"]) for form, m in dated if form == "dmy"}
    typed = {(m["y"], m["one"], m["two"]) for form, m in dated if form == "ymd" and "T" in m[0]}
    if not typed or not pairs or any(int(day) > _LAST_MONTH for _, _, day in typed):
        return []
    return [
        f"AWAS: {len(typed)} tanggal terketik semuanya berhari 1-12 di samping {len(pairs)} tanggal teks: mungkin "
        f"Excel menukar hari dan bulan / BEWARE: all {len(typed)} typed dates have days 1-12 beside "
        f"{len(pairs)} text dates: Excel may have swapped day and month"
    ]


def _template(form: str, match: re.Match[str]) -> str:
    """The strptime pattern of a text, `{1}` and `{2}` where day and month stand; empty for ISO 8601."""
    parts = match.groupdict()
    year = "%y" if len(parts.get("y") or "") == _TWO_DIGITS else "%Y"
    sep = parts.get("sep") or ""
    clock = _clock_template(parts) if parts.get("clock") else ""
    if form == "ymd":
        return "" if _is_iso(match) else f"%Y{sep}%m{sep}%d{clock}"
    if form == "dmy":
        return f"{{1}}{sep}{{2}}{sep}{year}{clock}"
    if form == "d_name":
        week = "%A" + re.sub(r"[A-Za-z']", "", match["week"]) if match["week"] else ""
        return f"{week}%d{sep}%b{parts['sep2']}{year}{clock}"
    return {"name_d": f"%b %d{sep} %Y{clock}", "compact": "%Y%m%d", "month": f"%Y{sep}%m"}.get(
        form, f"%b{sep}%Y" if form == "name_y" else "%Y"
    )


def _is_iso(match: re.Match[str]) -> bool:
    is_dashed = match["sep"] == "-" and len(match["one"]) == len(match["two"]) == _TWO_DIGITS
    is_plain = match["join"] in (None, "T", " ") and match["c"] in (None, ":")
    return is_dashed and is_plain and not match["ap"] and _zone(match) not in _ZONES


def _clock_template(parts: dict[str, str | None]) -> str:
    mark, half = parts["c"] or ":", parts["ap"]
    clock = f"{parts['join'] or ''}{'%I' if half else '%H'}{mark}%M" + (f"{mark}%S" if parts["s"] else "")
    clock += ("." + "%f" if parts["f"] else "") + (half[:-2] + "%p" if half else "")
    zone = parts["z"] or ""
    is_offset = bool(re.search(r"[+-]\d", zone)) or zone.strip() == "Z"
    return clock + (zone[: len(zone) - len(zone.lstrip())] + "%z" if is_offset else zone)


def _zone(match: re.Match[str]) -> str:
    return (match.groupdict().get("z") or "").strip()


def _has_offset(dated: Sequence[tuple[str, re.Match[str]]]) -> bool:
    clocks = [match for _, match in dated if match.groupdict().get("clock")]
    return bool(clocks) and all(_zone(match) and _zone(match) not in _ZONES for match in clocks)


def _formats(templates: list[str], order: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    marked = [template for template in templates if template]
    if order:
        return _ordered(marked, order), ()
    return (), (_ordered(marked, "dm"), _ordered(marked, "md"))


def _ordered(templates: list[str], order: str) -> tuple[str, ...]:
    one, two = ("%d", "%m") if order == "dm" else ("%m", "%d")
    return tuple(dict.fromkeys(template.replace("{1}", one).replace("{2}", two) for template in templates))


def _proved(texts: pd.Series, reading: DateReading) -> DateReading:
    """With the count of texts that the reader of a run reads by these formats."""
    if reading.choices or reading.grain in ("hour", "year"):
        return reading
    parsed = parse(texts.reset_index(drop=True), kind="moment", reading=Reading(formats=reading.formats))
    bad_count = int((parsed.is_bad | parsed.is_ambiguous).sum())
    form = " | ".join(reading.formats) or "ISO 8601"
    said = f"{len(texts) - bad_count} dari / of {len(texts)} terbaca / are read: {form}"
    return DateReading(**{**vars(reading), "share": 1 - bad_count / len(texts), "evidence": (*reading.evidence, said)})
