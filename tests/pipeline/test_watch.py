"""People are told once of what is wrong with their city and once that it is well again, by mail and by webhook."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from connectors.errors import DataRejected, SourceUnavailable, TolokError
from pipeline import backfill, steps
from pipeline.cli import main
from pipeline.failures import forget_failures, keep_failure
from pipeline.progress import SILENT
from pipeline.warehouse import Notifications, Warehouse
from pipeline.watch import AT_ONCE, conditions, keep_failure_of_run, tell
from tests.mailbox import Mailbox, mail_server, webhook

NOW = datetime(2026, 1, 20, tzinfo=UTC)
MAIL, CHAT = {"connection": "surel"}, {"connection": "obrolan"}
ROWS = "Nomor;Masuk;Dijawab\nA-1;2025-01-05 08:00;2025-01-06 08:00\nA-2;2025-02-05 08:00;2025-02-05 18:00\n"


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with mail_server() as box:
        monkeypatch.setenv("AIRFLOW_CONN_SUREL", box.address)
        yield box


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with webhook() as box:
        monkeypatch.setenv("AIRFLOW_CONN_OBROLAN", box.address)
        yield box


def write_city(home: Path, *notify: dict[str, Any], city: str = "kota", **more: Any) -> Path:
    """The YAML of a city whose only source is a CSV that is not there yet; gives the CSV's path."""
    source = {
        "table": "inquiries",
        "path": f"{city}.csv",
        "format": "csv",
        "delimiter": ";",
        "extracted_at": "2026-01-10T08:00:00",
        "covers": [{"first_on": "2025-01-01", "last_on": "2025-12-31"}],
        "columns": {
            "inquiry_id": "Nomor",
            "received_at": {"column": "Masuk", "format": "%Y-%m-%d %H:%M"},
            "responded_at": {"column": "Dijawab", "format": "%Y-%m-%d %H:%M"},
        },
    }
    names = {"city": city, "name": city, "zone": "Asia/Jakarta", "region_codes": {"kemendagri": "99.71"}}
    settings = {**names, "schedule": {"first_month": "2025-01"}, "notify": list(notify), "sources": {"meja": source}}
    (home / "cities" / f"{city}.yaml").write_text(json.dumps({**settings, **more}), "utf-8")
    return home / "cities" / f"{city}.csv"


def tell_twice(city: str = "kota") -> list[str]:
    """What is told on the second of two mornings."""
    return [line for days in (0, 1) for line in tell(city, now=NOW + timedelta(days=days))]


def run(period: str, city: str = "kota") -> None:
    with suppress(TolokError):
        steps.run(city, period)


def test_thirty_failures_are_told_once_and_once_that_all_is_well(home: Path, mail: Mailbox, chat: Mailbox) -> None:
    export = write_city(home, MAIL, CHAT)
    for nth in range(30):
        run(f"2025-{nth % 6 + 1:02d}")
        tell("kota", now=NOW, kinds=AT_ONCE)
    assert [len(box.messages) for box in (mail, chat)] == [1, 1]
    for subject, text in (*mail.messages, *chat.messages):
        assert subject == "Tolok kota: 1 perlu perhatian / 1 to look at"
        assert "RUN GAGAL\n- fetch.meja · 2025-01: " in text.replace("\r\n", "\n")
        assert "kota.csv" in text
        assert "tolok run kota PERIOD" in text

    export.write_text(ROWS, "utf-8")
    for nth in range(6):
        assert tell("kota", now=NOW, kinds=AT_ONCE) == []
        run(f"2025-{nth + 1:02d}")
    sent = [tell("kota", now=NOW, kinds=AT_ONCE) for _ in range(3)]
    well = "Tolok kota: 1 baik kembali / 1 well again"
    assert sent == [[f"surel: {well}", f"obrolan: {well}"], [], []]
    assert "WELL AGAIN\n- A run failed: fetch.meja · 2025-01" in chat.messages[1][1]


@pytest.mark.parametrize(
    ("language", "said", "unsaid"),
    [("id", "Lakukan: ", "To do: "), ("en", "To do: ", "Lakukan: "), (None, "To do: ", "\0")],
)
def test_each_recipient_is_told_in_their_language(
    home: Path, chat: Mailbox, language: str | None, said: str, unsaid: str
) -> None:
    write_city(home, CHAT | ({"language": language} if language else {}))
    run("2025-01")
    tell("kota", now=NOW, kinds=AT_ONCE)
    ((subject, text),) = chat.messages
    assert said in text
    assert unsaid not in text
    assert (" / " in subject) == (language is None)


def test_each_city_tells_its_own(home: Path, chat: Mailbox) -> None:
    for city in ("kota-a", "kota-b"):
        write_city(home, CHAT, city=city)
        run("2025-01", city)
    write_city(home, CHAT, city="kota-c")
    for city in ("kota-a", "kota-b", "kota-c"):
        tell(city, now=NOW, kinds=AT_ONCE)
    assert [subject.split(":")[0] for subject, _ in chat.messages] == ["Tolok kota-a", "Tolok kota-b"]


def test_two_at_once_tell_once(home: Path, chat: Mailbox) -> None:
    write_city(home, CHAT)
    run("2025-01")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: tell("kota", now=NOW, kinds=AT_ONCE), range(8)))
    assert len(chat.messages) == 1


def test_what_was_not_delivered_is_told_later_and_holds_up_no_other(home: Path, mail: Mailbox, chat: Mailbox) -> None:
    write_city(home, MAIL, CHAT)
    run("2025-01")
    mail.is_refusing = True
    for _ in range(2):
        with pytest.raises(SourceUnavailable, match="'surel'"):
            tell("kota", now=NOW, kinds=AT_ONCE)
    assert (len(mail.messages), len(chat.messages)) == (0, 1)
    mail.is_refusing = False
    tell("kota", now=NOW, kinds=AT_ONCE)
    assert (len(mail.messages), len(chat.messages)) == (1, 1)


def test_a_crash_between_sending_and_noting_costs_one_message_twice(home: Path, chat: Mailbox) -> None:
    write_city(home, CHAT)
    run("2025-01")
    with patch.object(Notifications, "note", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        tell("kota", now=NOW, kinds=AT_ONCE)
    for _ in range(3):
        tell("kota", now=NOW, kinds=AT_ONCE)
    assert len(chat.messages) == 2


def test_settings_at_fault_are_told_to_those_they_named_before_and_clear_nothing_else(
    home: Path, chat: Mailbox
) -> None:
    write_city(home, CHAT)
    tell_twice()
    assert "SOURCE" not in chat.messages[0][1]
    assert "A MONTH OR YEAR DID NOT COME\n- 2025-01, 2025-02" in chat.messages[0][1]
    write_city(home, CHAT, zone="Asia/Jaykarta")
    for _ in range(2):
        tell("kota", now=NOW)
    assert len(chat.messages) == 2
    assert "Asia/Jaykarta" in chat.messages[1][1]
    assert "tolok check kota" in chat.messages[1][1]
    assert "WELL AGAIN" not in chat.messages[1][1]
    write_city(home, CHAT)
    tell("kota", now=NOW)
    assert chat.messages[2][0].endswith("1 well again")


def test_only_the_kinds_asked_for_are_told(home: Path, mail: Mailbox, chat: Mailbox) -> None:
    write_city(home, MAIL | {"kinds": "period_missing"}, CHAT | {"kinds": ["run_failed"]})
    run("2025-01")
    tell_twice()
    assert ("DID NOT COME" in mail.messages[0][1], "A RUN FAILED" in mail.messages[0][1]) == (True, False)
    assert ("DID NOT COME" in chat.messages[0][1], "A RUN FAILED" in chat.messages[0][1]) == (False, True)


def test_of_an_unexpected_fault_only_its_kind_is_told(home: Path, chat: Mailbox) -> None:
    write_city(home, CHAT)
    keep_failure("kota", "2025-01", "clean", fault=ValueError("Budi 0812-3456-7890"), link="http://127.0.0.1/log")
    tell("kota", now=NOW, kinds=AT_ONCE)
    ((_, text),) = chat.messages
    assert "ValueError" in text
    assert "http://127.0.0.1/log" in text
    assert "Budi" not in text


def test_a_full_disk_is_told_by_the_command_and_to_people(
    home: Path, chat: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    write_city(home, CHAT).write_text(ROWS, "utf-8")
    full = OSError(errno.ENOSPC, "No space left on device")
    commands = patch("sys.argv", ["tolok", "run", "kota", "2025-01"])
    refused = patch("pipeline.steps.done.write_atomically", side_effect=full)
    no_page = patch("pipeline.report.status_page.write_atomically", side_effect=full)
    with commands, refused, no_page, pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 4
    assert "The disk is full" in capsys.readouterr().err
    tell("kota", now=NOW, kinds=AT_ONCE)
    assert "The disk is full" in chat.messages[0][1]


def test_a_backfilled_month_without_anything_measured_failed(home: Path) -> None:
    write_city(home).write_text(ROWS, "utf-8")
    with patch.object(steps, "conclude", side_effect=DataRejected(id="kosong", en="empty")), suppress(DataRejected):
        backfill.run_here("kota", "2025-01", progress=SILENT)
    found, _ = conditions("kota", now=NOW, kinds=AT_ONCE)
    assert [(one.about, one.periods, one.en) for one in found] == [("announce", ("2025-01",), "empty")]


def test_the_command_shows_every_city_and_tells_only_when_asked(
    home: Path, chat: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    for city in ("kota-a", "kota-b"):
        write_city(home, CHAT, city=city, schedule={"first_month": "2025-12"})
    with patch("sys.argv", ["tolok", "watch"]):
        main()
    shown = capsys.readouterr().out
    assert "kota-a: Bulan atau tahun belum datang / A month or year did not come: 2025-12" in shown
    assert chat.messages == []
    with patch("sys.argv", ["tolok", "watch", "kota-b", "--tell"]):
        main()
    assert "Tolok kota-b: " not in capsys.readouterr().out
    keep_failure("kota-b", "2025-12", "clean", fault=DataRejected(id="a", en="b"))
    with patch("sys.argv", ["tolok", "watch", "kota-b", "--tell"]):
        main()
    assert "obrolan: Tolok kota-b: 1 perlu perhatian" in capsys.readouterr().out
    assert len(chat.messages) == 1


def test_the_command_ends_with_the_fault_of_what_was_not_delivered_after_all_others(
    home: Path, chat: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    for city, recipient in {"kota-a": {"connection": "tiada"}, "kota-b": CHAT}.items():
        write_city(home, recipient, city=city)
        keep_failure(city, "2025-12", "clean", fault=DataRejected(id="a", en="b"))
    with patch("sys.argv", ["tolok", "watch", "--tell"]), pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "AIRFLOW_CONN_TIADA" in capsys.readouterr().err
    assert len(chat.messages) == 1
    assert os.environ.get("AIRFLOW_CONN_TIADA") is None


def test_settings_that_were_never_sound_are_told_to_those_they_name(home: Path, chat: Mailbox) -> None:
    write_city(home, CHAT, zone="Asia/Jaykarta")
    tell("kota", now=NOW)
    assert "Asia/Jaykarta" in chat.messages[0][1]
    (home / "cities" / "kota.yaml").write_text("city: [", "utf-8")
    tell("kota", now=NOW)
    assert len(chat.messages) == 1


@pytest.mark.parametrize(
    ("kind", "partition_key", "conf", "kept"),
    [
        ("monthly", "2025-03", None, ["2025-03"]),
        ("monthly", None, {"period": "2025-03"}, ["2025-03"]),
        ("annual", "2025", {"period": None}, ["2025"]),
        ("daily", "2025-03-14", {"period": None}, ["daily"]),
        ("backfill", None, {"first": "2019", "last": "2025"}, []),
        ("restate", "2026-02", {"period": None}, []),
        ("monthly", None, None, []),
        ("monthly", "2025", None, []),
    ],
)
def test_a_run_of_airflow_is_kept_under_its_period(
    home: Path, kind: str, partition_key: str | None, conf: dict[str, Any] | None, kept: list[str]
) -> None:
    for zone in ("Asia/Jakarta", "Asia/Jaykarta"):
        write_city(home, zone=zone)
        of_run = {"kind": kind, "partition_key": partition_key, "conf": conf, "step": "clean", "link": "http://a"}
        fault = DataRejected(id="tidak sesuai", en="not as agreed")
        keep_failure_of_run("kota", **of_run, fault=fault)  # type: ignore[arg-type]
        failures = Notifications(f"sqlite:///{home / 'home' / 'warehouse.sqlite'}").failures("kota")
        assert [failure.period for failure in failures] == kept
        page = home / "home" / "reports" / "kota" / "status.html"
        assert (page.is_file() and "not as agreed" in page.read_text("utf-8")) == (kept not in ([], ["daily"]))
        page.unlink(missing_ok=True)
        forget_failures("kota", kept[0] if kept else "")
        kept = []


def test_a_night_collected_well_ends_the_failures_of_earlier_nights(home: Path, chat: Mailbox) -> None:
    write_city(home, CHAT)
    for step in ("fetch.server", "fetch.nagios"):
        keep_failure("kota", "daily", step, fault=SourceUnavailable(id="a", en="b"))
        tell("kota", now=NOW, kinds=AT_ONCE)
    steps.collected("kota")
    tell("kota", now=NOW, kinds=AT_ONCE)
    assert [subject.split("/ ")[1] for subject, _ in chat.messages] == ["1 to look at", "1 to look at", "2 well again"]


@pytest.mark.parametrize(
    ("hours_of_looks", "hours_of_runs", "told_at_look"),
    [
        # A first start, or a machine that was off for long: the runs have not begun yet at the first look.
        ((0, 24, 48), (), 1),
        ((0, 1, 19, 21), (), 3),
        # They go on for two days, and then one month has still not come.
        ((0, 24, 48, 72), (23, 47), 3),
        # Cron looks once a week.
        ((0, 168), (), 1),
    ],
)
def test_a_month_that_is_being_caught_up_is_not_told_of_and_one_that_never_comes_is(
    home: Path, chat: Mailbox, hours_of_looks: tuple[int, ...], hours_of_runs: tuple[int, ...], told_at_look: int
) -> None:
    write_city(home, CHAT, schedule={"first_month": "2025-12", "year_waits_days": 365}).write_text(ROWS, "utf-8")
    runs = [NOW + timedelta(hours=hours) for hours in hours_of_runs]
    for nth, hours in enumerate(hours_of_looks):
        now = NOW + timedelta(hours=hours)
        stored = [SimpleNamespace(computed_at=at) for at in runs if at < now]
        with patch.object(Warehouse, "results", return_value=stored):
            assert bool(tell("kota", now=now)) == (nth == told_at_look), f"look {nth}"
    assert "DID NOT COME\n- 2025-12: " in chat.messages[0][1]


@pytest.mark.parametrize("fails", [False, True])
def test_what_ran_today_is_followed_by_more_and_nothing_told_before_is_said_to_be_well(
    home: Path, chat: Mailbox, fails: bool
) -> None:
    export, now = write_city(home, CHAT), datetime.now(UTC)
    for days in (0, 1):
        tell("kota", now=now - timedelta(days=9 - days))
    assert "DID NOT COME\n- 2025, 2025-01, 2025-02" in chat.messages[0][1]
    if not fails:
        export.write_text(ROWS, "utf-8")
    run("2025-01")
    tell("kota", now=now)
    new, over = chat.messages[1][1].partition("WELL AGAIN")[::2]
    assert "DID NOT COME" not in new
    assert over.count("did not come") == 1
    assert "2025-02" not in over
