"""Secrets of every connection, used well and badly: none is in what is printed, logged, kept, sent or shown."""

from __future__ import annotations

import base64
import json
import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from connectors import sql_line
from connectors.airflow_api import AirflowApi
from connectors.ckan import Ckan
from connectors.connection import connection_from, variable_of
from connectors.http import HttpClient, Limits, Request
from pipeline import pulling, steps
from pipeline.settings import Settings
from service.settings import Secrets, ServiceSettings
from testing.fake_server import Server
from tests.dags.airflow_process import ROOT, airflow_environment, run_process
from tests.hold import IS_FULL, of_form
from tests.hold.echoing import ANSWERS, FAULTS, ROWS, disturbed, system
from tests.hold.home import tolok
from tests.hold.secret_canaries import NAMES, SECRETS, found_in, quoted, stored
from tests.hold.surfaces import texts_below, texts_of_plugin, texts_of_tables
from tests.mailbox import webhook
from tests.postgres import free_port, postgres_server

LIMITS = Limits(connect_seconds=1, read_seconds=0.5, answer_seconds=5, tries=2, first_wait_seconds=0.01)
MONTH = "2025-03"
_AUTH: Mapping[str, Mapping[str, Any]] = {
    "basic": {"auth": {"style": "basic"}},
    "bearer": {"auth": {"style": "bearer"}},
    "header": {"auth": {"style": "header", "name": "X-Kunci", "value": "Token {password}", "more": {"X-App": "{app}"}}},
    "param": {"auth": {"style": "param", "name": "kunci"}},
    "form": {"auth": {"style": "form", "name": "kunci"}, "method": "POST", "form": {"dari": "{from}"}},
    "body": {"auth": {"style": "body", "name": "kunci"}, "method": "POST", "body": '{"dari": "{from}"}'},
    "login": {"login": {"url": "masuk", "body": {"nama": "{login}", "sandi": "{password}"}, "token_at": "tanda"}},
}
_COLUMNS = {"inquiry_id": "nomor", "received_at": "masuk", "responded_at": "dijawab", "status": "status"}


class Heard:
    """All that was printed and raised, by what it came of."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.commands: list[str] = []

    def run(self, name: str, *words: str) -> int:
        """A command, its unexpected faults as Python prints them."""
        try:
            code, said = tolok(*words)
        except Exception as fault:
            code, said = 1, "".join(traceback.format_exception(fault))
        self.commands.append(self.add(f"{name}: {' '.join(words)}", said))
        return code

    def call(self, name: str, step: Callable[[], object]) -> None:
        """A step as a task runs it: what it gives is handed on, what it raises is logged with its traceback."""
        try:
            said = repr(step())
        except Exception as fault:
            said = "".join(traceback.format_exception(fault)) + repr(fault) + repr(vars(fault))
        self.add(name, said)

    def add(self, name: str, said: str) -> str:
        """Gives the name it has got."""
        numbered = f"{name} [{len(self.texts)}]"
        self.texts[numbered] = said
        return numbered

    @property
    def last(self) -> str:
        """What was said last."""
        return [*self.texts.values()][-1]


def write_city(folder: Path, *, names: Sequence[str], database: bool, query: str = "") -> None:
    """City `kota`: a source for each way of letting somebody in, all of inquiries."""
    common = {"table": "inquiries", "zone": "Asia/Jakarta", "allow": ["private_addresses", "plain_http"]}
    options = {"url": "tiket", "window": {"format": "%Y-%m-%d"}, "paging": {"style": "link", "next_at": "lanjut"}}
    sources: dict[str, Any] = {
        name: {
            **common,
            "connector": "api",
            "connection": name,
            "format": "json",
            "rows_at": "baris",
            "options": {**options, **_AUTH[name]},
            "columns": {**_COLUMNS, "inquiry_id": "nomor"},
        }
        for name in names
    }
    if database:
        sources["database"] = {
            **common,
            "connector": "sql",
            "connection": "database",
            "format": "csv",
            "options": {"query": query or "select * from tiket", "moments": "%Y-%m-%d %H:%M:%S"},
            "columns": _COLUMNS,
        }
    figure = {"year": 2025, "count": 400_000, "reference_on": "2025-12-31", "source": "Dukcapil"}
    publish = {"publisher": "Diskominfo Kota", "licence": "CC-BY-4.0", "portal": "https://data.kota.go.id"}
    publish |= {"connection": "portal", "organization": "kota", "allow": ["private_addresses", "plain_http"]}
    settings = {
        "city": "kota",
        "name": "Kota",
        "zone": "Asia/Jakarta",
        "region_codes": {"kemendagri": "99.71"},
        "population": {"figures": [figure]},
        "publish": publish,
        "notify": [{"connection": "mail"}, {"connection": "hook"}],
        "sources": sources,
    }
    folder.mkdir(exist_ok=True)
    (folder / "kota.yaml").write_text(json.dumps(settings), "utf-8")


def connections(url: str, *, database: str, mail: str, hook: str) -> dict[str, str]:
    """The variable of each connection."""
    kept = {name: stored(name, host=url, schema="api") for name in _AUTH}
    kept["header"] = stored("header", host=url, schema="api", extra=json.dumps({"app": SECRETS["extra"]}))
    kept |= {"portal": stored("portal", host=url), "tolok_airflow": stored("airflow", host=url), "database": database}
    key = f"-----BEGIN PRIVATE KEY-----\n{SECRETS['jwt']}\n-----END PRIVATE KEY-----"
    account = {"client_email": "a@b.id", "private_key": key, "token_uri": f"{url}/masuk"}
    kept["jwt"] = json.dumps({"host": url, "extra": json.dumps(account)})
    kept |= {"mail": mail, "hook": hook}
    return {variable_of(name): text for name, text in kept.items()}


@contextmanager
def locked_database() -> Iterator[tuple[str, str]]:
    """A PostgreSQL that asks for passwords; gives host and port, and the address of its owner."""
    with postgres_server() as url:
        with psycopg.connect(url, autocommit=True) as owner:
            (hba,) = owner.execute("SHOW hba_file").fetchone() or ("",)
            for name in ("database", "warehouse"):
                word = sa.literal(SECRETS[name]).compile(compile_kwargs={"literal_binds": True})
                word_text = str(word).replace("%%", "%")
                owner.execute(f"CREATE ROLE {name} LOGIN PASSWORD {word_text}")  # type: ignore[call-overload]
                owner.execute(f"CREATE DATABASE {name} OWNER {name}")  # type: ignore[call-overload]
            rules = Path(hba).read_text("utf-8")
            Path(hba).write_text(f"host all database,warehouse all scram-sha-256\n{rules}", "utf-8")
            owner.execute("SELECT pg_reload_conf()")
        with psycopg.connect(url.removesuffix("postgres") + "database") as owner:
            owner.execute("CREATE TABLE tiket (nomor text, masuk text, dijawab text, status text, pelapor text)")
            owner.execute("GRANT SELECT ON tiket TO database")
            told = [(*row.values(), "Zqxorang Siti") for row in ROWS]
            owner.cursor().executemany("INSERT INTO tiket VALUES (%s, %s, %s, %s, %s)", told)
        yield url.removeprefix("postgresql://tolok@").removesuffix("/postgres"), url


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Heard:
    """Everything at its most talkative."""
    monkeypatch.setattr(pulling, "LIMITS", LIMITS)
    monkeypatch.setattr(sql_line, "LIMITS", sql_line.SqlLimits(connect_seconds=2, query_seconds=5))
    for name in ("connectors.ckan.Limits", "connectors.http.Limits"):
        monkeypatch.setattr(name, lambda **more: replace(LIMITS, **more))
    monkeypatch.setattr("connectors.airflow_api.THROUGH_AN_OUTAGE", LIMITS)
    monkeypatch.setenv("TOLOK_DEBUG", "1")
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path / "cities"))
    monkeypatch.setenv("TOLOK_SECRETS", str(tmp_path / "none"))
    caplog.set_level(logging.DEBUG)
    logging.getLogger("mail.log").setLevel(logging.INFO)  # The test's own mail server's.
    return Heard()


_READING = (
    ("show", "kota", MONTH, "--json"),
    ("explain", "kota", MONTH, "inquiry_response"),
    ("history", "kota", MONTH),
    ("report", "kota", MONTH, "--to", "html,pdf,xlsx,csv,json"),
    ("dashboard", "kota"),
    ("publish", "kota", MONTH, "--to", "files"),
    ("status", "kota"),
    ("verify", "kota", MONTH, "--json"),
    ("watch", "kota"),
)


def test_no_secret_shows_wherever_it_is_used_and_however_that_ends(
    heard: Heard,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    row: Callable[[str, str, str], None],
) -> None:
    names = of_form(("bearer", "param"), full=tuple(_AUTH))
    answers = of_form(("500", "other keys", "a redirect elsewhere", "half"), full=(*ANSWERS, *FAULTS))
    with system() as server, locked_database() as (place, owner), refusing_mail() as mail, webhook() as hook:
        warehouse = f"postgresql://warehouse:{quoted('warehouse')}@{place}/warehouse"
        addresses = {
            "database": f"postgresql://database:{quoted('database')}@{place}/database",
            "mail": mail,
            "hook": hook.address.replace("//", f"//petugas:{quoted('hook')}@") + f"/{quoted('hook_path')}",
        }
        for name, text in connections(server.url, **addresses).items():
            monkeypatch.setenv(name, text)
        monkeypatch.setenv("TOLOK_WAREHOUSE", warehouse)
        write_city(tmp_path / "cities", names=names, database=True)
        _well(heard, names)
        assert len(server.requests) > 2 * len(names)
        for how in answers:
            _badly(heard, server, how, names=names)
        hook.is_refusing = True
        heard.run("a hook that refuses", "watch", "kota", "--tell")
        _badly_connected(heard, server, place, monkeypatch, tmp_path)
        _named_wrong(heard, monkeypatch, tmp_path)
        if of_form(False, full=True):
            _in_storage(heard, server, monkeypatch, tmp_path)
        told = {f"table {name}": text for name, text in texts_of_tables(owner.removesuffix("postgres") + "warehouse")}
        assert hook.messages
        told["the messages"] = repr(hook.messages)
    told |= {"logged": caplog.text, "printed besides": repr(capfd.readouterr()), **heard.texts}
    told |= dict(texts_below(tmp_path / "home", with_raw=True))
    assert any(name.endswith(".pdf") for name in told)
    assert any("objects" in name for name in told)
    assert found_in(told) == []
    raw = [name for name in told if "objects" in name]
    assert [name for name, text in told.items() if "Zqxorang" in text and name not in raw] == []
    assert [name for name in heard.commands if "Traceback" in heard.texts[name]] == []
    row(
        "Security",
        f"{len(NAMES)} passwords, tokens and keys in {len(answers)} bad answers that repeat them, and good ones",
        f"none, in any spelling, in {len(heard.texts)} outputs and what is logged, and {len(told)} files and tables",
    )


def _well(heard: Heard, names: Sequence[str]) -> None:
    """Every command that uses a secret, and all that is made of what came."""
    assert heard.run("well", "check", "kota", MONTH) == 0, heard.last
    assert heard.run("well", "run", "kota", MONTH) == 0, heard.last
    for name in (*names, "database"):
        heard.call(f"fetch {name}", lambda name=name: steps.fetch("kota", name, MONTH))  # type: ignore[misc]
    for words in _READING:
        code = heard.run("well", *words)
        assert code == 0 or words[0] == "watch", heard.last
    assert heard.run("well", "publish", "kota", MONTH, "--to", "ckan") == 0, heard.last
    heard.add("reprs", repr([*_holders()]))


def _holders() -> Iterator[object]:
    """What holds secrets in memory."""
    for name in ("bearer", "header", "portal", "tolok_airflow", "database", "jwt"):
        yield connection_from(name)
    connection = connection_from("bearer")
    http = HttpClient(connection, allow=("private_addresses", "plain_http"))
    word = SECRETS["bearer"]
    yield from (http, Ckan(connection, allow=http.allow), AirflowApi(connection))
    secret = {"secret_path": {"a": word}, "secret_params": {"a": word}, "secret_headers": {"a": word}}
    yield Request("a/{a}", **secret, secret_form={"a": word}, secret_body={"a": word}, login=("a", word))  # type: ignore[arg-type]
    yield Settings.from_environment()
    yield ServiceSettings.from_environment(
        {name: f"postgresql://a:{quoted('warehouse')}@b/c" for name in ("TOLOK_WAREHOUSE", "TOLOK_METADATA")}
        | {"TOLOK_BROKER": f"redis://:{quoted('loose')}@b/0"}
    )
    yield Secrets(word, word, word, word, word, word, "folder")


def _badly(heard: Heard, server: Server, how: str, *, names: Sequence[str]) -> None:
    with disturbed(server, how):
        for name in names:
            heard.call(f"{how}: fetch {name}", lambda name=name: steps.fetch("kota", name, MONTH))  # type: ignore[misc]
        heard.run(how, "check", "kota", MONTH)
        heard.run(how, "run", "kota", MONTH)
        heard.run(how, "publish", "kota", MONTH, "--to", "ckan")
        heard.run(how, "backfill", "kota", MONTH, MONTH, "--again", "--airflow")
        heard.run(how, "watch", "kota", "--tell")


def _badly_connected(heard: Heard, server: Server, place: str, patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Databases that refuse, are not there, or are something else; wrong passwords are the very secrets."""
    web = server.url.removeprefix("http://")
    for kind, user, there in (
        ("postgresql", "database", f"{place}/warehouse2"),
        ("postgresql", "warehouse", f"{place}/database"),
        ("postgresql", "database", f"127.0.0.1:{free_port()}/database"),
        ("postgresql", "database", f"{web}/database"),
        ("mysql", "database", f"{web}/database"),
        ("oracle", "database", f"{web}/database"),
    ):
        address = f"{kind}://{user}:{quoted('database')}@{there}"
        with patch.context() as now:
            now.setenv(variable_of("database"), address)
            heard.call(f"fetch {kind} {there}", lambda: steps.fetch("kota", "database", MONTH))
            heard.run(f"{kind} {there}", "check", "kota", MONTH)
            now.setenv("TOLOK_WAREHOUSE", address)
            for words in (("show", "kota"), ("run", "kota", MONTH), ("watch", "kota"), ("dashboard", "kota")):
                heard.run(f"warehouse {kind} {there}", *words)
    for query in ("select * from tidak_ada", "select nomor from tiket where nomor = 1", "select 1/0 as nomor"):
        write_city(folder / "cities", names=("bearer",), database=True, query=query)
        heard.call(query, lambda: steps.fetch("kota", "database", MONTH))
        heard.run(query, "check", "kota", MONTH)


def _named_wrong(heard: Heard, patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Secrets where none belongs, or written so that nobody can read them."""
    plain, coded = SECRETS["loose"], quoted("loose")
    for text in (
        plain,
        f"https://u:{plain}@host.go.id/a",
        f"https://u:{coded}@host.go.id:porta/a",
        f'{{"password": {json.dumps(plain)}',
        json.dumps({"host": f"https://u:{coded}@host.go.id"}),
        json.dumps({"host": "host.go.id", "port": plain}),
        json.dumps({"host": "host.go.id", "extra": plain}),
        f"mailto://u:{plain}@",
    ):
        with patch.context() as now:
            for name in ("bearer", "database", "portal", "hook", "tolok_airflow"):
                now.setenv(variable_of(name), text)
            heard.run("a connection written wrong", "check", "kota", MONTH)
            heard.run("a connection written wrong", "publish", "kota", MONTH, "--to", "ckan")
            heard.run("a connection written wrong", "backfill", "kota", MONTH, MONTH, "--again", "--airflow")
            heard.run("a connection written wrong", "watch", "kota", "--tell")
    for setting, text in (
        ("TOLOK_WAREHOUSE", f"postgresql://u:{plain}@127.0.0.1:{free_port()}/a"),
        ("TOLOK_WAREHOUSE", f"postgresql:/u:{coded}@127.0.0.1/a"),
        ("TOLOK_WAREHOUSE", f"postgresql://127.0.0.1:{free_port()}/a?password={coded}"),
        ("TOLOK_WAREHOUSE", f"postgresql://127.0.0.1:{free_port()}/a?sandi={coded}"),
        ("TOLOK_WAREHOUSE", f"mariadb://u:{coded}@127.0.0.1/a"),
        ("TOLOK_WAREHOUSE", f"sqlite:///:memory:?kunci={coded}"),
        ("TOLOK_HOME", f"s3://u:{coded}@wadah/folder"),
        ("TOLOK_HOME", f"s3:/u:{coded}@wadah/folder"),
        ("TOLOK_MIRROR", f"s3:/u:{coded}@wadah/folder"),
    ):
        with patch.context() as now:
            now.setenv(setting, text)
            if setting == "TOLOK_MIRROR":
                now.setenv("TOLOK_HOME", "s3://wadah/folder")
            for words in (("show", "kota"), ("run", "kota", MONTH), ("check", "kota", MONTH)):
                heard.run(f"{setting} written wrong", *words)
    path = folder / "cities" / "kota.yaml"
    sound = path.read_text("utf-8")
    for change in (
        {"connection": f"https://u:{coded}@host.go.id"},
        {"connection": None, "path": f"s3://u:{coded}@wadah/a.csv"},
        {"connection": None, "path": f"s3:/u:{coded}@wadah/a.csv"},
        {"options": {"url": f"https://u:{coded}@host.go.id"}},
        {"options": {"url": f"tiket?token={coded}"}},
        {"options": {"url": "tiket", "params": {"token": plain}}},
        {"options": {"url": "tiket", "auth": {"style": "bearer", "value": plain}}},
        {"options": {"url": "tiket", "auth": {"style": plain}}},
        {"password": plain},
    ):
        settings = json.loads(sound)
        settings["sources"]["bearer"] |= change
        path.write_text(json.dumps({**settings, "sources": {"bearer": settings["sources"]["bearer"]}}), "utf-8")
        for words in (("check", "kota", MONTH), ("run", "kota", MONTH), ("watch", "kota", "--tell")):
            heard.run(f"settings with {[*change]}", *words)
    path.write_text(sound, "utf-8")


def _in_storage(heard: Heard, server: Server, patch: pytest.MonkeyPatch, folder: Path) -> None:
    """A storage that holds exports, and one that is the home."""
    keys = {"AWS_SECRET_ACCESS_KEY": SECRETS["storage"], "AWS_SESSION_TOKEN": SECRETS["storage_session"]}
    server_of = {"AWS_ACCESS_KEY_ID": "petugas", "AWS_ENDPOINT_URL": server.url, "AWS_DEFAULT_REGION": "us-east-1"}
    path = folder / "cities" / "kota.yaml"
    settings = json.loads(path.read_text("utf-8"))
    file = {"path": "s3://wadah/a*.csv", "format": "csv", "table": "inquiries", "columns": _COLUMNS}
    path.write_text(json.dumps({**settings, "sources": {"berkas": file}}), "utf-8")
    for how in ("401", "a redirect elsewhere"):
        with patch.context() as now, disturbed(server, how):
            for name, text in {**keys, **server_of, "AWS_MAX_ATTEMPTS": "1"}.items():
                now.setenv(name, text)
            heard.call(f"a storage, {how}", lambda: steps.fetch("kota", "berkas", MONTH))
            heard.run(f"a storage, {how}", "check", "kota", MONTH)
            assert any(SECRETS["storage_session"] in one.headers.values() for one in server.requests)
            now.setenv("TOLOK_HOME", "s3://wadah/folder")
            now.setenv("TOLOK_MIRROR", str(folder / "home" / "mirror"))
            for words in (("show", "kota"), ("run", "kota", MONTH), ("verify", "kota", MONTH)):
                heard.run(f"a storage as home, {how}", *words)


@contextmanager
def refusing_mail() -> Iterator[str]:
    """A mail server that refuses who logs in, and says with which words; gives its address for Apprise."""
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult, LoginPassword

    def refuse(_: Any, __: Any, ___: Any, ____: Any, word: LoginPassword) -> AuthResult:
        said = f"{word.login.decode()} {word.password.decode()} {base64.b64encode(word.password).decode()}"
        return AuthResult(success=False, handled=False, message=f"535 5.7.8 {said}")

    port = free_port()
    box = Controller(object(), hostname="127.0.0.1", port=port, authenticator=refuse, auth_require_tls=False)
    box.start()
    try:
        yield f"mailto://petugas:{quoted('mail')}@127.0.0.1:{port}/?from=tolok@kota.id&to=tim@kota.id&mode=insecure"
    finally:
        box.stop()


# The runner with a home of Airflow that stays, with connections kept in Airflow, at the level that tells most; a fault
# that nobody expects comes where secrets are at hand.
_TALKATIVE = """
import contextlib, json, os, sys, tempfile, types
from scripts import run_dag
own, is_faulty = sys.argv.pop(1), sys.argv.pop(1)
own_folder = {"TemporaryDirectory": lambda **_: contextlib.nullcontext(own)}
run_dag.tempfile = types.SimpleNamespace(**{**vars(tempfile), **own_folder})
run_dag.Path = lambda name: types.SimpleNamespace(unlink=lambda: None)
use, load = run_dag._use_airflow_home, run_dag._load

def use_talkative(folder):
    use(folder)
    os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "DEBUG"
    os.environ["AIRFLOW__CORE__FERNET_KEY"] = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

def load_with_connections(dag_id):
    from airflow.models import Connection
    from airflow.utils.session import create_session
    from connectors.http import HttpClient

    with create_session() as session:
        session.query(Connection).delete()
        session.add_all(Connection(conn_id=name, **kept) for name, kept in json.loads(os.environ["KEPT"]).items())
    if is_faulty == "True":
        def fail(self, response, where, deadline):
            raise RuntimeError("not expected")
        HttpClient._read = fail
    return load(dag_id)

run_dag._use_airflow_home, run_dag._load = use_talkative, load_with_connections
raise SystemExit(run_dag.main())
"""


@pytest.mark.airflow
@pytest.mark.skipif(not IS_FULL, reason="several runs of an Airflow of its own: in the long form")
def test_no_secret_shows_in_what_airflow_logs_hands_on_and_serves(
    tmp_path: Path, row: Callable[[str, str, str], None]
) -> None:
    names = ("basic", "param", "login")
    write_city(tmp_path / "cities", names=names, database=True)
    own, told = tmp_path / "airflow", dict[str, str]()
    own.mkdir()
    with system() as server, locked_database() as (place, owner), webhook() as hook:
        environment = airflow_environment(ROOT) | {
            "TOLOK_HOME": str(tmp_path / "home"),
            "TOLOK_CITIES": str(tmp_path / "cities"),
            "TOLOK_WAREHOUSE": f"postgresql://warehouse:{quoted('warehouse')}@{place}/warehouse",
            "KEPT": json.dumps(_kept_in_airflow(server.url, place, hook.address)),
        }
        runner = (sys.executable, "-c", _TALKATIVE, str(own))
        for how, is_faulty, code in (("well", False, 0), ("500", False, 4), ("well", True, 1)):
            with disturbed(server, how) if how != "well" else nullcontext():
                done = run_process(*runner, str(is_faulty), "kota", MONTH, cwd=ROOT, environment=environment)
            assert done.returncode == code, done.stdout + done.stderr
            told[f"{how}, faulty: {is_faulty}"] = done.stdout + done.stderr
        assert hook.messages
        told["the messages"] = repr(hook.messages)
        wrong = environment["TOLOK_WAREHOUSE"].replace("/warehouse", "/warehouse2")
        for which, served in (("page", environment), ("no", {**environment, "TOLOK_WAREHOUSE": wrong})):
            texts = texts_of_plugin(tmp_path / "pages", served, city_id="kota", period=MONTH)
            told |= {f"{which} {name}": text for name, text in texts.items()}
        told |= {f"table {name}": text for name, text in texts_of_tables(owner.removesuffix("postgres") + "warehouse")}
    # At DEBUG `dags test` itself writes what it tells its own process to mask: docs/connections.md warns of it.
    told |= {name: re.sub("msg=MaskSecret.*", "", text) for name, text in texts_below(tmp_path / "home")}
    told |= dict(texts_below(own))
    assert any(name.endswith(".db") and "return_value" in text for name, text in told.items())
    assert any(name.endswith(".log") and "RuntimeError" in text for name, text in told.items())
    assert found_in(told) == []
    assert [name for name, text in told.items() if "Zqxorang" in text] == []
    row(
        "Security",
        "the same through Airflow, its connections, logs at DEBUG, XCom, alerts and pages; well, refused, unexpectedly",
        f"no secret and no person in {len(told)} files, outputs, pages and tables",
    )


def _kept_in_airflow(url: str, place: str, hook: str) -> dict[str, dict[str, object]]:
    """The connections as people fill in Airflow's form."""
    host, port = place.split(":")
    kept = {name: json.loads(stored(name, host=url, schema="api")) for name in ("basic", "param", "login")}
    database = {"conn_type": "postgres", "host": host, "port": int(port), "schema": "database", "login": "database"}
    kept["database"] = {**database, "password": SECRETS["database"]}
    address = hook.replace("//", f"//petugas:{quoted('hook')}@") + f"/{quoted('hook_path')}"
    return {**kept, "hook": {"conn_type": "generic", "password": address}, "mail": {**kept["basic"], "password": "x"}}
