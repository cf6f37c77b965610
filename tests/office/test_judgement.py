"""Files that read well and are still not what they seem: never final, and the result says which sign shows it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline import signs
from pipeline.config.judgement import LIMITS
from tests.acceptance.exports import write_city
from tests.acceptance.test_bad_input import tolok

START = datetime(2024, 1, 1, 8)
CLOSED = "    covers: [{first_on: 2024-01-01, last_on: 2024-12-31}]\n"


@pytest.fixture
def data(home: Path) -> Path:
    """A city all of whose four results are final, once its desk declares what it covers."""
    (home / "cities").rmdir()
    write_city(home / "cities")
    path = home / "cities" / "kota-uji.yaml"
    text = path.read_text("utf-8")
    listed = "    path: data/layanan*.csv\n"
    text = text.replace(listed, f"{listed}    extracted_at: 2025-02-01T08:00:00\n")
    text = text.replace('    delimiter: ";"\n    extracted_at', f'    delimiter: ";"\n{CLOSED}    extracted_at')
    path.write_text(text, "utf-8")
    return home / "cities" / "data"


def inquiries(data: Path, rows: Iterable[tuple[datetime, datetime | None]]) -> None:
    months = ("", "Jan", "Peb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nop", "Des")

    def text(moment: datetime | None) -> str:
        return f"{moment.day} {months[moment.month]} {moment:%Y %H:%M}" if moment else ""

    lines = [f"{n};Web;{text(start)};{text(end)};x" for n, (start, end) in enumerate(rows)]
    (data / "pengaduan.csv").write_text("\n".join(["Nomor;Kanal;Masuk;Dijawab;Pelapor", *lines, ""]), "utf-8")


def outages(data: Path, rows: Iterable[tuple[datetime, datetime | None]]) -> None:
    lines = [
        f"{n},Server {n},Terencana,{start:%d/%m/%Y %H:%M},{f'{end:%d/%m/%Y %H:%M}' if end else ''}"
        for n, (start, end) in enumerate(rows)
    ]
    (data / "gangguan.csv").write_text("\n".join(["Nomor,Komponen,Jenis,Mulai,Selesai", *lines, ""]), "utf-8")


def spread(count: int = 60, *, days: int = 6, skip: tuple[int, ...] = ()) -> Iterator[tuple[datetime, datetime]]:
    """Sound rows through the year, each of another length."""
    for n in range(count):
        start = START + timedelta(days=n * days)
        if start.month not in skip:
            yield start, start + timedelta(hours=2, minutes=7 * n)


def daily_visits(data: Path, visits: Callable[[date], int]) -> None:
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(366)]
    rows = [f"{day:%d/%m/%Y},{visits(day)}" for day in days]
    (data / "kunjungan.csv").write_text("\n".join(["Bulan,Kunjungan", *rows, ""]), "utf-8")
    yaml = data.parent / "kota-uji.yaml"
    text = (
        yaml.read_text("utf-8")
        .replace("grain: month", "grain: day", 1)
        .replace('format: "%m/%Y"', 'format: "%d/%m/%Y"')
    )
    yaml.write_text(text, "utf-8")


def setting(data: Path, line: str) -> None:
    with (data.parent / "kota-uji.yaml").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def shown(monkeypatch: pytest.MonkeyPatch, indicator: str, *, period: str = "2024") -> dict[str, Any]:
    code, out, err = tolok(monkeypatch, "run", "kota-uji", period)
    assert code == 0, out + err
    rows = json.loads(tolok(monkeypatch, "show", "kota-uji", period, "--json")[1])
    return next(row for row in rows if row["indicator"] == indicator)


def codes(result: dict[str, Any], *, keeps_provisional: bool = True) -> set[str]:
    return {reason["code"] for reason in result["reasons"] if reason["keeps_provisional"] is keeps_provisional}


SWAPPED = [(START.replace(month=1 + n % 12, day=1 + n % 11), 2) for n in range(60)]
Case = tuple[str, Callable[[Path], object], set[str]]
KEPT: dict[str, Case] = {
    "inquiries on the first twelve days only": (
        "inquiry_response",
        lambda data: inquiries(data, [(s, s + timedelta(hours=3, minutes=n)) for n, (s, _) in enumerate(SWAPPED)]),
        {"day_month_swapped"},
    ),
    "outages on the first of months": (
        "it_downtime",
        lambda data: outages(
            data, [(s.replace(day=1), s.replace(day=1) + timedelta(minutes=1 + n)) for n, (s, _) in enumerate(SWAPPED)]
        ),
        {"days_up_to_12_pct", "first_of_month_pct"},
    ),
    "answers after exactly as long": (
        "inquiry_response",
        lambda data: inquiries(data, [(start, start + timedelta(hours=71)) for start, _ in spread()]),
        {"equal_durations_pct"},
    ),
    "answers at once": (
        "inquiry_response",
        lambda data: inquiries(data, [(s, s if n % 3 == 0 else e) for n, (s, e) in enumerate(spread())]),
        {"zero_durations_pct"},
    ),
    "a month nobody exported": (
        "inquiry_response",
        lambda data: inquiries(data, spread(72, days=5, skip=(8,))),
        {"empty_months_count"},
    ),
    "a month of many outages without one": (
        "it_downtime",
        lambda data: outages(data, spread(300, days=1, skip=(5,))),
        {"empty_months_count"},
    ),
    "an outage of half a year": (
        "it_downtime",
        lambda data: outages(data, [*spread(20), (START, START + timedelta(days=180))]),
        {"long_durations_hours_pct"},
    ),
    "outages none of which ends": (
        "it_downtime",
        lambda data: outages(data, [(start, None) for start, _ in spread(12)]),
        {"without_end_pct", "still_open"},
    ),
    "a fortnight the counter stood still": (
        "portal_visits",
        lambda data: daily_visits(data, lambda day: 0 if (day.month, day.day) in _FORTNIGHT else 900 + day.day),
        {"zero_days_count"},
    ),
    "a population in thousands": (
        "portal_visits",
        lambda data: (data / "penduduk.csv").write_text("kode,jumlah,tanggal\n31,412,30/06/2024\n"),
        {"fewest_inhabitants"},
    ),
    "a declared population of another kind of region": (
        "portal_visits",
        lambda data: _declared_population(data, 9_800),
        {"beyond_plausible_times"},
    ),
    "bad rows that are all of one month": (
        "inquiry_response",
        lambda data: _months_badly_written(data, month=7, of=300),
        {"clustered_quarantine_pct", "quarantine"},
    ),
}
_FORTNIGHT = {(6, day) for day in range(1, 15)}


def _declared_population(data: Path, count: int) -> None:
    path = data.parent / "kota-uji.yaml"
    figure = f"{{year: 2024, count: {count}, reference_on: 2024-06-30, source: BPS}}"
    text = path.read_text("utf-8").replace('kemendagri: "31"', 'kemendagri: "31.74"')
    text = text.replace('{source: penduduk, reference: "06-30"}', f"{{figures: [{figure}]}}")
    path.write_text(text.split("  penduduk:\n")[0], "utf-8")


def _months_badly_written(data: Path, *, month: int, of: int) -> None:
    """The answers of one month come before their receipts."""
    rows = list(spread(of, days=1))
    inquiries(data, [(s, s - timedelta(days=1) if s.month == month else e) for s, e in rows])


@pytest.mark.parametrize("name", KEPT)
def test_a_sign_that_can_move_the_value_keeps_it_provisional_and_is_named(
    name: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    indicator, change, expected = KEPT[name]
    change(data)
    result = shown(monkeypatch, indicator)
    assert (result["status"], expected - codes(result)) == ("provisional", set())
    assert all(reason["id"] and reason["en"] for reason in result["reasons"])
    assert result["reason"].count(" / ") >= len(expected)
    assert result["reasons"][0]["id"][:30] in tolok(monkeypatch, "explain", "kota-uji", "2024", indicator)[1]


def test_a_source_may_be_called_as_its_table_is(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inquiries(data, spread(72, days=5, skip=(8,)))
    path = data.parent / "kota-uji.yaml"
    path.write_text(path.read_text("utf-8").replace("  meja:\n", "  inquiries:\n"), "utf-8")
    monkeypatch.setenv("TOLOK_DEBUG", "1")
    assert "empty_months_count" in codes(shown(monkeypatch, "inquiry_response"))


def test_sound_files_are_final(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inquiries(data, spread())
    outages(data, spread(40, days=9))
    daily_visits(data, lambda day: 900 + 7 * day.timetuple().tm_yday % 101)
    for indicator in ("portal_visits", "online_services", "inquiry_response", "it_downtime"):
        result = shown(monkeypatch, indicator)
        assert (result["reasons"], result["status"], result["reason"]) == ([], "final", None)


def test_a_city_may_move_a_limit_and_explain_what_breaks_one(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inquiries(data, spread(skip=(8, 9)))
    setting(data, "judgement: {empty_months_count: 1}")
    result = shown(monkeypatch, "inquiry_response")
    assert "At most 1 months" in result["reason"]
    assert "found 2" in result["reason"]
    text = (data.parent / "kota-uji.yaml").read_text("utf-8")
    explained = 'judgement: {explained: {"2024": {empty_months_count: meja ditutup untuk renovasi}}}'
    (data.parent / "kota-uji.yaml").write_text(text.replace("judgement: {empty_months_count: 1}", explained), "utf-8")
    result = shown(monkeypatch, "inquiry_response")
    assert (result["status"], result["version"]) == ("final", 2)
    (reason,) = result["reasons"]
    assert "meja ditutup untuk renovasi" in reason["id"]


@pytest.mark.parametrize(
    "wrong", ["{empty_month: 1}", "{empty_months_count: banyak}", '{explained: {"2024": {empty_month: x}}}']
)
def test_an_unknown_limit_is_told(wrong: str, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setting(data, f"judgement: {wrong}")
    code, _, err = tolok(monkeypatch, "run", "kota-uji", "2024")
    assert (code, "judgement" in err) == (2, True)


def test_every_sign_has_a_limit_a_city_may_set() -> None:
    assert {sign.name for frame in signs.FRAMES.values() for sign in frame} == set(LIMITS)


def year_after(data: Path, *, visits: str = "833.333", population: int = 10_600_000) -> None:
    """The same city a year later, its former year stored."""
    yaml = data.parent / "kota-uji.yaml"
    text = yaml.read_text("utf-8").replace("2024-", "2025-").replace("extracted_at: 2025-02", "extracted_at: 2026-02")
    yaml.write_text(text, "utf-8")
    months = [f"{month:02d}/2025,{visits}" for month in range(1, 13)]
    (data / "kunjungan.csv").write_text("\n".join(["Bulan,Kunjungan", *months, ""]), "utf-8")
    (data / "penduduk.csv").write_text(f'kode,jumlah,tanggal\n31,"{population}",30/06/2025\n', "utf-8")


@pytest.mark.parametrize(
    ("change", "indicator", "kept", "told"),
    [
        (lambda data: year_after(data), "portal_visits", set(), set()),
        (lambda data: year_after(data, visits="1.533.333"), "portal_visits", set(), {"change_on_last_year_pct"}),
        (
            lambda data: year_after(data, visits="83.333"),
            "portal_visits",
            {"times_last_year"},
            {"change_on_last_year_pct"},
        ),
        (lambda data: year_after(data, population=9_000_000), "portal_visits", {"population_change_pct"}, set()),
        (lambda data: _cut(data / "layanan.csv", rows=20), "online_services", {"register_shrinks_pct"}, None),
    ],
)
def test_a_result_is_held_against_last_years(
    change: Callable[[Path], None],
    indicator: str,
    kept: set[str],
    told: set[str] | None,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown(monkeypatch, indicator)
    year_after(data)
    change(data)
    result = shown(monkeypatch, indicator, period="2025")
    assert codes(result) == kept
    assert told is None or codes(result, keeps_provisional=False) == told


def _cut(path: Path, *, rows: int) -> None:
    path.write_text("\n".join(path.read_text("utf-8").splitlines()[: rows + 1]) + "\n", "utf-8")


def test_members_that_are_new_or_gone_are_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inquiries(data, spread())
    shown(monkeypatch, "inquiry_response")
    year_after(data)
    inquiries(data, [(s + timedelta(days=366), e + timedelta(days=366)) for s, e in spread()])
    path = data / "pengaduan.csv"
    text = path.read_text("utf-8").replace(";Web;", ";Loket Rini;", 1).replace(";Web;", ";Radio;", 6)
    text = text.replace(";Web;", ";WhatsApp;")
    path.write_text(text, "utf-8")
    result = shown(monkeypatch, "inquiry_response", period="2025")
    assert codes(result) == {"gone_members_pct"}
    # One inquiry is a group that is folded where results are published, with the next larger; no share tells its size.
    assert "ternyata lebih (+ WhatsApp, (lainnya / other); - Web)" in result["reason"]
    assert "found more (+ WhatsApp, (lainnya / other); - Web)" in result["reason"]
    assert "Radio" not in str(result["reasons"])
    assert "Rini" not in str(result["reasons"])


@pytest.mark.parametrize(
    ("indicator", "file", "rows", "expected"),
    [
        (
            "inquiry_response",
            "pengaduan.csv",
            ["99;Web;5 Mei 2024 08:00;15 Mei 2024 08:00;x", "99;Web;6 Mei 2024 08:00;6 Mei 2024 09:00;x"],
            ("0,5–0,91 hari", "0.5–0.91 days", "2 rows", "the 2 whose"),
        ),
        ("inquiry_response", "pengaduan.csv", ["99;Web;31 Feb 2024 08:00;;x"], ("tidak dapat dihitung", "1 row is")),
        (
            "portal_visits",
            "kunjungan.csv",
            ["01/01/2024,5000", "1 Jan,x"],
            ("94.696,97–94.744,32 kunjungan", "2 rows", "the 1 whose"),
        ),
        ("online_services", "layanan.csv", ["L99;Layanan;Ya;Mungkin"], ("64,52–67,74 %", "1 row is")),
        (
            "it_downtime",
            "gangguan.csv",
            ["9,Server,Mungkin,05/06/2024 10:00,05/06/2024 12:00", "10,Server,Terencana,05/06/2024 10:00,x"],
            ("2–2 jam per insiden", "2 rows", "the 1 whose"),
        ),
        # Of an end that cannot be, only the hours within the year could count.
        (
            "it_downtime",
            "gangguan.csv",
            ["9,Server,Terencana,31/12/2024 20:00,01/01/2100 00:00"],
            ("2–2,5 jam per insiden", "1 row is", "the 1 whose"),
        ),
    ],
)
def test_a_result_tells_between_which_values_its_quarantine_can_move_it(
    indicator: str,
    file: str,
    rows: list[str],
    expected: tuple[str, ...],
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with (data / file).open("a", encoding="utf-8") as opened:
        opened.write("\n".join([*rows, ""]))
    reasons = {reason["code"]: reason for reason in shown(monkeypatch, indicator)["reasons"]}
    effect = f"{reasons['quarantine_effect']['id']} / {reasons['quarantine_effect']['en']}"
    assert [words for words in expected if words not in effect] == [], effect
    assert reasons["quarantine_effect"]["keeps_provisional"] is False


def test_each_language_of_a_remark_writes_numbers_its_own_way(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outages(data, [(START + timedelta(minutes=n), None) for n in range(1234)])
    result = shown(monkeypatch, "it_downtime")
    reasons = {reason["code"]: (reason["id"], reason["en"]) for reason in result["reasons"]}
    assert reasons["still_open"] == ("1.234 gangguan belum berakhir", "1,234 outages have not ended yet")
    hours = round(result["variants"]["open_hours"])
    assert hours > 1_000_000
    for text, mark in zip(reasons["open_dominates"], ".,", strict=True):
        assert text.count(f"{hours:,}".replace(",", mark)) == 2
