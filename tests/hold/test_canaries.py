"""Made-up persons in every column of every input, looked for in every byte that is printed, logged or kept."""

from __future__ import annotations

import logging
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.connection import variable_of
from pipeline import steps
from pipeline.settings import Settings
from tests.acceptance.test_bad_input import tolok
from tests.clean.labelled import accounts_and_roles, accounts_and_roles_sound
from tests.clean.personal_cases import cases, sound_names
from tests.dags.airflow_process import airflow_environment, run_process
from tests.hold import IS_FULL, of_form
from tests.hold.surfaces import texts_below, texts_of_plugin
from tests.mailbox import webhook
from tests.office.offices import write_office

REPOSITORY = Path(__file__).resolve().parents[2]
_TICKETS = 200
_PERSONAL = 40
_COMMANDS = (
    ("check", "kota", "2025"),
    ("run", "kota", "2025"),
    ("run", "kota", "2025-03"),
    ("show", "kota", "2025", "--json"),
    ("explain", "kota", "2025", "inquiry_response"),
    ("explain", "kota", "2025", "it_downtime"),
    ("explain", "kota", "2025", "inquiry_response", "--rows", "status=closed"),
    ("explain", "kota", "2025", "it_downtime", "--rows", "month=2025-03"),
    ("explain", "kota", "2025", "online_services", "--rows", "sector=Umum"),
    ("history", "kota", "2025"),
    ("report", "kota", "2025", "--to", "html,pdf,xlsx,csv,json"),
    ("dashboard", "kota"),
    ("publish", "kota", "2025", "--to", "files"),
    ("status", "kota"),
    ("watch", "kota"),
    ("verify", "kota", "2025", "--json"),
)
_SOURCES = {"aduan": "inquiries", "layanan": "services", "gangguan": "outages"}


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A city whose desks type of persons into every text column, mapped or not, and one header."""
    personal = _texts()
    told = iter(personal)
    inquiries = ["Nomor,Masuk,Jawab,Status,Kanal,OPD,Kategori,Pelapor,Isi"]
    for n in range(_TICKETS):
        day, hour = f"2025-{n % 12 + 1:02}-{n % 27 + 1:02}", n % 9 + 8
        words = ["Aplikasi", "Dinas Kesehatan", "Jalan rusak"]
        if n < 3 * _PERSONAL:
            words[n % 3] = next(told)
        cells = [
            f"T{n}",
            f"{day} {hour:02}:10:00",
            f"{day} {hour + 2:02}:{n % 50:02}:00" if n != 7 else "rusak",
            "closed",
        ]
        cells += [f'"{word}"' for word in words]
        inquiries.append(",".join([*cells, f"Zqxnama{n:03}", f"Zqxisi{n:03} di rumah saya"]))
    services = ["Kode,Nama,OPD,Sektor,Ada,Mohon,Kontak"]
    services += [f'L{n},"{next(told)}",Dinas A,Umum,Ya,Tidak,Zqxkontak{n}' for n in range(_PERSONAL)]
    outages = ["Nomor,Komponen,Sebab,Mulai,Selesai,Petugas"]
    for n in range(_PERSONAL):
        day = f"2025-{n % 12 + 1:02}-{n % 27 + 1:02}"
        component, cause = ("Server", next(told)) if n % 2 else (next(told), "Listrik")
        outages.append(f'G{n},"{component}","{cause}",{day} 08:00:00,{day} 09:{n % 50:02}:00,Zqxpetugas{n}')
    outages.append('Ibu Zqxjudul 0812-9999-0001,"Server","Listrik",2025-03-01 08:00:00,,x')
    for name, lines in (("i.csv", inquiries), ("l.csv", services), ("g.csv", outages)):
        (tmp_path / name).write_text("\n".join(lines) + "\n", "utf-8")
    yes = {"values": {"Ya": "true", "Tidak": "false"}}
    write_office(
        tmp_path,
        ["x"],
        {
            "path": "i.csv",
            "table": "inquiries",
            "columns": {"inquiry_id": "Nomor", "received_at": "Masuk", "responded_at": "Jawab", "status": "Status"}
            | {"channel": "Kanal", "agency": "OPD", "category": "Kategori"},
        },
        {
            "path": "l.csv",
            "table": "services",
            "columns": {"service_id": "Kode", "name": "Nama", "agency": "OPD", "sector": "Sektor"}
            | {"is_accessible_online": {"column": "Ada", **yes}, "is_requestable_online": {"column": "Mohon", **yes}},
        },
        {
            "path": "g.csv",
            "table": "outages",
            "columns": {"incident_id": "Nomor", "component": "Komponen", "cause": "Sebab"}
            | {"started_at": "Mulai", "ended_at": "Selesai"},
        },
        names=tuple(_SOURCES),
        notify=[{"connection": "kabar"}],
        publish={"publisher": "Diskominfo Kota", "licence": "CC-BY-4.0", "portal": "https://data.kota.go.id"},
    )
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path))
    return tmp_path


def head_is_a_person(city: Path) -> None:
    """An export whose first row is of a person, so that the next run refuses it."""
    lines = (city / "g.csv").read_text("utf-8").splitlines()
    (city / "g.csv").write_text("\n".join([lines[-1], *lines[1:]]) + "\n", "utf-8")


def test_no_person_of_any_column_leaves_the_raw_files(
    city: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, row: Callable[[str, str, str], None]
) -> None:
    caplog.set_level(logging.INFO)
    said, failed = "", []
    for command in _COMMANDS if of_form(False, full=True) else _COMMANDS[:-1]:
        code, out, err = tolok(monkeypatch, *command)
        said += out + err
        failed += [(command, err)] if code and command[0] not in ("watch",) else []
    assert failed == []
    said += repr([steps.fetch("kota", name, "2025") for name in _SOURCES])
    said += repr([steps.clean("kota", table, "2025") for table in _SOURCES.values()])
    for name in ("i.csv", "l.csv", "g.csv"):
        said += "".join(map(str, tolok(monkeypatch, "draft", "kota", str(city / name))))
    head_is_a_person(city)
    code, out, err = tolok(monkeypatch, "run", "kota", "2025")
    assert code == 3
    with webhook() as box:
        monkeypatch.setenv(variable_of("kabar"), box.address)
        said += "".join(map(str, tolok(monkeypatch, "watch", "kota", "--tell")))
    assert "RUN GAGAL" in repr(box.messages)
    kept = dict(texts_below(Settings.from_environment().home))
    assert any(name.endswith(".pdf") for name in kept)
    assert any(name.endswith(".xlsx") for name in kept)
    assert any(name.endswith("quarantine.csv") for name in kept)
    everything = {"printed": said + out + err, "logged": caplog.text, "alerts": repr(box.messages), **kept}
    canaries = _canaries()
    found = [(place, canary) for place, text in everything.items() for canary in canaries if canary in text]
    assert found == []
    assert "(data pribadi / personal data)" in everything["printed"]
    row(
        "Privacy",
        f"{_TICKETS} tickets, {_PERSONAL} services and incidents with persons in every column and a header",
        f"{len(canaries)} of {len(canaries)} canaries in none of {len(everything)} files, output, logs and alerts",
    )


def test_persons_are_found_and_sound_names_are_left_alone(row: Callable[[str, str, str], None]) -> None:
    from connectors.personal_data import personal_kind

    labelled, names = [case for case in cases() if case.is_held_out], list(sound_names())
    found = sum(personal_kind(case.text) is not None for case in labelled)
    wrong = sum(personal_kind(name) is not None for name in names)
    assert found >= 0.99 * len(labelled)
    assert wrong <= 0.02 * len(names)
    later, later_names = accounts_and_roles(), accounts_and_roles_sound()
    later_found = sum(personal_kind(cell) is not None for cell in later)
    later_wrong = sum(personal_kind(name) is not None for name in later_names)
    assert later_found >= 0.92 * len(later)
    assert later_wrong <= 0.04 * len(later_names)
    row(
        "Privacy",
        "accounts, letters of other scripts and callings, written before their rules, and sound names beside them",
        f"{later_found} of {len(later)} found; {later_wrong} of {len(later_names)} sound names taken for a person",
    )
    row(
        "Privacy",
        "labelled texts not looked at while the rules were written, and sound names of groups",
        f"{found} of {len(labelled)} found; {wrong} of {len(names)} sound names taken for a person",
    )


def _canaries() -> list[str]:
    """What must stand nowhere: the texts, what the columns beside them hold, and the header."""
    return [*_texts(), "Zqx", "0812-9999-0001"]


def _texts() -> list[str]:
    """Texts that tell of a person, none of which could stand in a file by chance nor may stand in its column."""
    right_elsewhere = ("address", "plate", "free text")
    found = [case.text for case in cases() if case.kind not in right_elsewhere and len(case.text) > 12]
    plain = [text for text in found if text.isascii() and '"' not in text and "<" not in text and "&" not in text]
    return random.Random(5).sample(plain, 5 * _PERSONAL)  # noqa: S311 made-up persons


# The runner with a home of Airflow that stays: its database has what tasks hand on, its folder what they log.
_KEEPING = """
import contextlib, pathlib, sys, types
from scripts import run_dag
own = sys.argv.pop(1)
run_dag.tempfile.TemporaryDirectory = lambda **_: contextlib.nullcontext(own)
run_dag.Path = lambda name: types.SimpleNamespace(unlink=lambda: None)
raise SystemExit(run_dag.main())
"""


@pytest.mark.airflow
@pytest.mark.skipif(not IS_FULL, reason="an Airflow of its own: in the long form")
def test_no_person_is_in_what_airflow_logs_and_hands_on(
    city: Path, tmp_path: Path, row: Callable[[str, str, str], None]
) -> None:
    own, everything, shown = tmp_path / "airflow", dict[str, str](), dict[str, str]()
    own.mkdir()
    environment = airflow_environment(REPOSITORY) | {
        "TOLOK_HOME": str(tmp_path / "home"),
        "TOLOK_CITIES": str(city),
    }
    command = (sys.executable, "-c", _KEEPING, str(own), "kota", "2025")
    for how, code in (("well", 0), ("refused", 3)):
        if code:
            head_is_a_person(city)
        done = run_process(*command, cwd=REPOSITORY, environment=environment)
        assert done.returncode == code, done.stdout + done.stderr
        everything[f"printed, {how}"] = done.stdout + done.stderr
        pages = texts_of_plugin(tmp_path / "pages", environment, city_id="kota", period="2025")
        shown |= {f"{name}, {how}": text for name, text in pages.items()}
    everything |= {str(path): path.read_bytes().decode("utf-8", "replace") for path in _files(own)}
    everything |= {str(path): path.read_text("utf-8") for path in _files(tmp_path / "home" / "airflow")}
    database = next(name for name in everything if name.endswith(".db"))
    assert "return_value" in everything[database]
    assert "(data pribadi / personal data)" in shown["/tolok/kota/2025.html, well"]
    canaries, everything = _canaries(), everything | shown
    assert [(place, one) for place, text in everything.items() for one in canaries if one in text] == []
    row(
        "Privacy",
        "the same city through Airflow, well and refused: what tasks print, log and hand on (XCom), its plugin's pages",
        f"{len(canaries)} of {len(canaries)} canaries in none of {len(everything)} files, outputs and pages",
    )


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]
