"""The dashboards and pages of results inside Airflow's own UI, for who is signed in and may see DAGs.

Airflow serves what a plugin mounts to anyone: every route here asks who is there itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Annotated

from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import Depends, FastAPI, HTTPException
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, RedirectResponse

from connectors.errors import ConfigError, TolokError
from pipeline import mirror
from pipeline.language.language import Code
from pipeline.settings import CITY_ID, Settings

Name = Annotated[str, InPath(pattern=f"^(_overview|{CITY_ID})$")]
City = Annotated[str, InPath(pattern=f"^{CITY_ID}$")]
PeriodLabel = Annotated[str, InPath(pattern=r"^[0-9.-]{4,16}$")]
# The pages have policies of their own; a frame of another site is what only a header can refuse.
_HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_one_at_a_time = Lock()

app = FastAPI(
    title="Tolok",
    docs_url=None,
    redoc_url=None,
    openapi_url=None,
    dependencies=[Depends(requires_access_dag("GET"))],
)


@app.get("/")
def start() -> RedirectResponse:
    """The overview of all cities."""
    return RedirectResponse("dashboards/_overview.id.html")


@app.get("/dashboards/{name}.{code}.html")
def dashboard(name: Name, code: Code) -> HTMLResponse:
    """A dashboard as its inputs are now; made when they have changed since it was."""
    from pipeline.dashboards import Dashboards

    with _faults_as_answers(), _one_at_a_time:
        path = Dashboards.of_machine(Settings.from_environment(), are_served=True).write(name, code)
    return _page(path)


@app.get("/{city}/{period}.html")
def results(city: City, period: PeriodLabel) -> HTMLResponse:
    """The page of a period's results and validation, as its run wrote it, on whichever machine."""
    path = Settings.from_environment().home / "reports" / city / f"{period}.html"
    with _faults_as_answers():
        mirror.pull(path)
    return _page(path)


@contextmanager
def _faults_as_answers() -> Iterator[None]:
    """What there is not is not found; what does not answer may be asked again."""
    try:
        yield
    except TolokError as error:
        status = 404 if isinstance(error, ConfigError) else 503
        raise HTTPException(status, f"{error.id} / {error.en}") from None


def _page(path: Path) -> HTMLResponse:
    if not path.is_file():
        raise HTTPException(404)
    return HTMLResponse(path.read_bytes(), headers=_HEADERS)
