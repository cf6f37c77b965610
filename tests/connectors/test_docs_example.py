"""The page on connecting an unknown API, run as it stands: its answers served, its YAML read, its figures compared."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from connectors.connection import variable_of
from pipeline import steps
from pipeline.check import check_city
from pipeline.config.load import load_city
from pipeline.periods import Period
from pipeline.settings import Settings
from pipeline.warehouse import Warehouse
from testing.cases import FakeSystem, ReceivedRequest, Record, Reply
from testing.fake_server import Server, serving
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "connect-unknown-api.md").read_text("utf-8")
PASSWORD = "sandi-contoh"  # noqa: S105 made up


def block(language: str) -> str:
    """The one fenced block of this language (and title) on the page."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


class Sambat(FakeSystem):
    """The made-up system: gives the page's answers to the page's calls, and to nothing else."""

    def answer(self, asked: ReceivedRequest, records: Sequence[Record]) -> Reply:  # noqa: ARG002 its records are the page's
        login = json.loads(block("json login"))
        if (asked.method, asked.path) == ("POST", "/api/masuk"):
            is_known = asked.document == {"pengguna": "tolok", "sandi": PASSWORD}
            return Reply(login) if is_known else Reply({"pesan": "ditolak"}, 401)
        if asked.headers.get("Authorization") != f"Bearer {login['data']['token']}":
            return Reply({"pesan": "ditolak"}, 401)
        page = asked.params.pop("halaman")  # type: ignore[attr-defined]
        january = {"dari": "2026-01-01", "sampai": "2026-01-31", "jumlah": "3"}
        return Reply(json.loads(block(f"json page {page}"))) if asked.params == january else Reply({}, 400)


@pytest.fixture
def sambat(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The city of the page, with its connection to the made-up system on loopback."""
    here = "    connection: sambat\n    allow: [private_addresses, plain_http]\n"
    yaml = block("yaml")
    assert "    connection: sambat\n" in yaml
    (home / "cities" / "kota-sambat.yaml").write_text(yaml.replace("    connection: sambat\n", here), "utf-8")
    with serving(Server(Sambat(), [])) as server:
        named = {"host": server.url, "login": "tolok", "password": PASSWORD}
        monkeypatch.setenv(variable_of("sambat"), json.dumps(named))
        yield server


def stated() -> dict[str, float]:
    """The figures the page shows, by their names."""
    shown = PAGE.split("What comes out:")[1].split("By hand:")[0]
    return {
        name.strip("* "): float(number) for name, number in re.findall(r"^\| (.+?) \| \**([\d.]+)\** \|$", shown, re.M)
    }


def published() -> dict[str, Any]:
    rows = Warehouse(Settings.from_environment().warehouse_url).current("kota-sambat", "2026-01")
    return next(row for row in rows if row["indicator"] == "inquiry_response")


def test_the_page_leads_to_the_figures_it_shows(sambat: Server) -> None:
    steps.run("kota-sambat", "2026-01")
    row = published()
    assert stated() == {
        "rows read": row["rows"]["read"],
        "used": row["rows"]["used"],
        "excluded as `test` (*uji coba*)": row["rows"]["excluded"]["test"],
        "left out as `open` (*belum dijawab*)": row["rows"]["excluded"]["open"],
        "hours from receipt to first answer": row["numerator"],
        "inquiries answered": row["denominator"],
        "average response time, days": row["value"],
    }
    assert [(asked.method, asked.path) for asked in sambat.requests].count(("GET", "/api/aduan")) == 2


def test_the_check_the_page_names_finds_nothing_to_mend(sambat: Server, home: Path) -> None:
    city = load_city(home / "cities", "kota-sambat")
    assert not [f.line for f in check_city(city, period=Period.parse("2026-01"), is_quick=True) if f.error is not None]
    assert sambat.requests


def test_nobody_of_the_page_reaches_the_clean_table(sambat: Server, home: Path) -> None:
    steps.run("kota-sambat", "2026-01")
    kept = list((home / "home" / "clean").rglob("*.*"))
    assert kept
    assert not any(b"Warga Contoh" in path.read_bytes() for path in kept if path.is_file())
    assert sambat.requests


def test_the_snippets_of_the_last_table_are_options_there_are() -> None:
    import yaml

    from connectors.api import Auth, Paging, WindowOptions
    from pipeline.config.columns import ColumnMap

    models = {"auth": Auth, "paging": Paging, "window": WindowOptions, "closed_at": ColumnMap}
    shown = re.findall(r"`((?:auth|paging|window|closed_at): \{[^`]*)`", PAGE.split("## When it does not fit")[1])
    assert len(shown) >= 7
    for text in shown:
        ((key, value),) = yaml.load(text, Loader=yaml.BaseLoader).items()  # noqa: S506 text only
        models[key].model_validate(value)
