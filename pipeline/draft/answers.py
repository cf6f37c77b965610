"""The draft of a system that is asked over a connection, from its first answer; nothing of the answer is kept."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import ValidationError

from connectors.api import ApiOptions, authorised
from connectors.api_pages import pages_by_header, paging_sign
from connectors.connection import Connection, connection_from
from connectors.documents import rows_at
from connectors.errors import ConfigError, DataRejected
from connectors.http import Answer, HttpClient, Request
from connectors.numerals import counted_en
from connectors.records import RawFile
from connectors.scratch import scratch_folder
from pipeline.config.answers import UNANSWERED
from pipeline.config.problems import both
from pipeline.draft.command import Drafted, drafted, place_of
from pipeline.draft.draft import Draft, draft_source
from pipeline.draft.mapping import Noted
from pipeline.draft.questions import question
from pipeline.pulling import LIMITS
from pipeline.tables import TABLES

_DAY = "%Y-%m-%d"
_MOMENTS = (_DAY, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%z", "%Y%m%d")
_BOUNDS = 2
# A pull knows when it asked, and for which days.
_KNOWN = ("extracted_at", "covers")


@dataclass(frozen=True)
class Asked:
    """One question to a system: its connection, the path below its address with parameters, and a header with the
    secret in the place of `{password}` where neither basic nor bearer is its way."""

    connection: str
    path: str
    header: tuple[str, str] | None = None
    allow: tuple[str, ...] = ()


def draft_connection(cities: Path, city_id: str, asked: Asked, *, table: str | None, name: str | None) -> Drafted:
    """Draft the source of a system's answer.

    Raises `ConfigError` for a secret among the parameters or an undecided table, and what asking raises.
    """
    connection = connection_from(asked.connection)
    plain = _plain_options(asked, connection)
    place, options = place_of(cities, city_id), _options_of(plain)
    request = Request(options.url, params=options.params)
    with HttpClient(connection, allow=asked.allow, limits=LIMITS) as client, scratch_folder() as folder:
        answer = client.ask(authorised(request, options, secrets=connection.secrets))
        path = folder / f"{asked.connection}.{_kind(answer)}"
        path.write_bytes(answer.content)
        file = RawFile(path, path.name)
        way_in = {"connector": "api", "connection": asked.connection}
        draft = draft_source(file, place=place, way_in=way_in, table=table)
        _settle(draft, plain, answer, allow=asked.allow)
        return drafted(draft, file, name=name or asked.connection, place=place)


def _kind(answer: Answer) -> str:
    """What the answer is by its first letter; a web page is refused as such."""
    if answer.content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[", b"<"):
        answer.document()
        return "json"
    return "csv"


def _plain_options(asked: Asked, connection: Connection) -> dict[str, Any]:
    address = urlsplit(asked.path)
    options: dict[str, Any] = {"url": address.path.lstrip("/")}
    params = dict(parse_qsl(address.query, keep_blank_values=True))
    if params:
        options["params"] = params
    if asked.header:
        options["auth"] = {"style": "header", "name": asked.header[0], "value": asked.header[1]}
    elif connection.password:
        options["auth"] = {"style": "basic" if connection.login else "bearer"}
    return options


def _options_of(plain: Mapping[str, Any]) -> ApiOptions:
    try:
        return ApiOptions.model_validate(plain)
    except ValidationError as error:
        faults = "; ".join(both(one) for one in error.errors())
        raise ConfigError(id=faults, en=faults) from None


def _settle(draft: Draft, plain: Mapping[str, Any], answer: Answer, *, allow: tuple[str, ...]) -> None:
    """Give the draft the options with their questions in place of what only a file leaves open."""
    for key in _KNOWN:
        draft.settings.pop(key, None)
    options, comments = {**plain, "paging": UNANSWERED}, [question("paging", hint=_pages_hint(answer, draft))]
    if not TABLES[draft.settings["table"].value].is_snapshot:
        window, said = _window(options)
        options["window"] = window
        comments.append(said)
    allowed = {"allow": Noted(list(allow))} if allow else {}
    owner = draft.settings.pop("owner")
    draft.settings |= {"options": Noted(options, comments), **allowed, "owner": owner}


def _pages_hint(answer: Answer, draft: Draft) -> str:
    """How many rows the answer has, and whether it says that there are more."""
    document: object = None
    path = str(draft.settings["rows_at"].value) if "rows_at" in draft.settings else ""
    with suppress(DataRejected):
        document = answer.document()
    rows_count = len(rows_at(document, path)) if document is not None else answer.content.count(b"\n") - 1
    sign = paging_sign(document, rows_count, (path,)) or pages_by_header(answer.headers, rows_count, ())
    told = f"'{sign}' menyebut halaman lain / tells of other pages" if sign else "tanda halaman lain: tidak ada / none"
    return f"({rows_count} baris / {counted_en(rows_count, 'row', 'rows')}; {told})"


def _window(options: dict[str, Any]) -> tuple[Any, str]:
    """How the window is written where two parameters are its bounds, put as placeholders; else the question."""
    bounds = [(name, text, form) for name, text in options.get("params", {}).items() if (form := _form(text))]
    if len(bounds) != _BOUNDS or bounds[0][2] != bounds[1][2]:
        return UNANSWERED, question("window")
    (first, *_), (last, *_) = sorted(bounds, key=lambda bound: bound[1])
    form = bounds[0][2]
    options["params"] = {**options["params"], first: "{from}", last: "{to}"}
    written = "iso" if form.endswith(("Z", "%z")) else form
    zone = {"zone": "UTC"} if form.endswith("Z") else {}
    return {"format": written, **zone, "last": UNANSWERED}, question("last", hint=f"{first}, {last}: {form}")


def _form(text: str) -> str | None:
    for form in _MOMENTS:
        with suppress(ValueError):
            datetime.strptime(text, form)  # noqa: DTZ007 only its form is asked for
            return form
    return None
