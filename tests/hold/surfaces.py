"""All that a reader could come upon below a folder or in a warehouse, as text."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pypdfium2
import sqlalchemy as sa

from pipeline.language.language import LANGUAGES
from tests.dags.airflow_process import ROOT, run_process

# What else the plugin answers: the way to the overview, and refusals as JSON.
_OTHERS = ("/tolok/", "/tolok/dashboards/kota-lain.id.html", "/tolok/KOTA/2025.html")


def texts_below(folder: Path, *, with_raw: bool = False) -> Iterator[tuple[str, str]]:
    """Every file as text, and what is packed in it; raw files of the landing zone only if asked for."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or ("objects" in path.parts and not with_raw):
            continue
        name, content = str(path.relative_to(folder)), path.read_bytes()
        yield name, content.decode("utf-8", "replace")
        if path.suffix == ".parquet":
            yield f"{name} rows", pd.read_parquet(path).to_csv()
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                yield f"{name} cells", "".join(book.read(one).decode("utf-8", "replace") for one in book.namelist())
        elif path.suffix == ".pdf":
            document = pypdfium2.PdfDocument(content)
            yield f"{name} pages", "".join(page.get_textpage().get_text_range() for page in document)


def texts_of_tables(url: str) -> Iterator[tuple[str, str]]:
    """The rows of every table of a database."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        for table in tables.sorted_tables:
            yield table.name, repr(connection.execute(table.select()).all())


def texts_of_plugin(folder: Path, environment: Mapping[str, str], *, city_id: str, period: str) -> dict[str, str]:
    """What Airflow's own UI shows of a city to who may see it: every page of the plugin, and what serving them printed.

    Raises `AssertionError` when the plugin has a route that is not asked for here.
    """
    names = [f"{name}.{code}" for name in ("_overview", city_id) for code in LANGUAGES]
    addresses = [*(f"/tolok/dashboards/{name}.html" for name in names), f"/tolok/{city_id}/{period}.html"]
    served = {
        **environment,
        "AIRFLOW_HOME": str(folder),
        "PYTHONPATH": f"{ROOT / 'dags'}:{ROOT}",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "dags" / "plugins"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,viewer:viewer",
        "AIRFLOW__API_AUTH__JWT_SECRET": "0" * 64,
    }
    script = ROOT / "tests" / "dags" / "ask_pages.py"
    for command in (("-m", "airflow", "db", "migrate"), (str(script), *addresses, *_OTHERS)):
        done = run_process(sys.executable, *command, cwd=ROOT, environment=served)
        assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["routes"] == ["/", "/dashboards/{name}.{code}.html", "/{city}/{period}.html"]
    texts: dict[str, str] = told["text"]
    return {**texts, "printed": done.stdout + done.stderr}
