"""What is asked of an API: a declaration filled in for one window and page, secrets where they belong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from connectors.api.options import PLACE, ApiOptions
from connectors.api.progress import Progress
from connectors.base import Window
from connectors.errors import ConfigError
from connectors.http import Request

BEFORE_END = {
    "excluded": timedelta(0),
    "millisecond": timedelta(milliseconds=1),
    "second": timedelta(seconds=1),
    "day": timedelta(days=1),
}
_SECRET_PLACES = {
    "header": "secret_headers",
    "param": "secret_params",
    "form": "secret_form",
    "body": "secret_body",
}


def page_request(options: ApiOptions, window: Window, progress: Progress, *, base_url: str) -> Request:
    """The question for the page that `progress` has got to, still without secrets.

    A link to the next page may be relative, to the host (`/api/rows?page=2`) or to the first page's address.
    """
    values = {
        **options.values,
        **_moments(options, window),
        "zone": window.zone.key,
        "page": str(progress.page),
        "offset": str(progress.offset),
        "last": str(progress.offset + max(options.paging.size, 1) - 1),
        "size": str(options.paging.size),
        "cursor": progress.next,
    }
    url = filled(options.url, values)
    params = {key: str(text) for key, text in filled(options.params, values).items() if text != ""}
    if options.paging.style == "link" and progress.next:
        url, params = urljoin(f"{base_url}/{url.lstrip('/')}", progress.next), {}
    return Request(
        url=url,
        method=options.method,
        params=params,
        headers=filled(options.headers, values),
        form=filled(options.form, values),
        body=filled(options.body, values),
    )


def authorised(request: Request, options: ApiOptions, *, secrets: Mapping[str, str]) -> Request:
    """The request with the connection's secrets where the declaration puts them."""
    auth, login = options.auth, options.login
    shown = {auth.name: auth.value, **auth.more}
    if auth.style == "basic":
        request = replace(request, login=(secrets["login"], secrets["password"]))
    elif auth.style == "bearer":
        request = replace(request, secret_headers={"Authorization": filled("Bearer {password}", secrets)})
    elif auth.style != "none":
        request = replace(request, **{_SECRET_PLACES[auth.style]: filled(shown, secrets)})
    if login is not None:
        headers = {**request.secret_headers, login.header: filled(login.value, secrets)}
        request = replace(request, secret_headers=headers)
    return request


def filled(tree: Any, values: Mapping[str, str]) -> Any:  # noqa: ANN401 any JSON
    """A text, list or mapping with its placeholders filled in; a whole `{size}` in a body becomes a number."""
    if isinstance(tree, str):
        missing = sorted(set(PLACE.findall(tree)) - set(values))
        if missing:
            raise ConfigError(
                id=f"Isi {', '.join(missing)}: di options.values bila bukan rahasia, di koneksi bila rahasia.",
                en=f"Fill in {', '.join(missing)}: in options.values if it is no secret, in the connection if it is.",
            )
        return PLACE.sub(lambda place: values[place[1]], tree)
    if isinstance(tree, Mapping):
        return {key: _number(value, filled(value, values)) for key, value in tree.items()}
    if isinstance(tree, list):
        return [filled(value, values) for value in tree]
    return tree


def _number(declared: object, text: object) -> object:
    is_count = declared in ("{size}", "{offset}", "{page}") and isinstance(text, str) and text.isdigit()
    return int(text) if is_count and isinstance(text, str) else text


def _moments(options: ApiOptions, window: Window) -> dict[str, str]:
    asked = options.window
    zone = ZoneInfo(asked.zone) if asked.zone else window.zone
    start_at = window.start_at - timedelta(seconds=1 if asked.first == "excluded" else 0)
    end_at = window.end_at - BEFORE_END[asked.last]
    return {"from": _written(start_at, asked.format, zone), "to": _written(end_at, asked.format, zone)}


def _written(moment: datetime, form: str, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    if form == "epoch":
        return str(int(local.timestamp()))
    if form == "epoch_ms":
        return str(round(local.timestamp() * 1000))
    if form == "iso":
        return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if zone.key == "UTC" else local.isoformat()
    return local.strftime(form)
