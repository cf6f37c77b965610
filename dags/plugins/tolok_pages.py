"""A link to the dashboards in Airflow's navigation, and the application behind it.

Every process of Airflow loads its plugins, each task too: the application itself is loaded by the first who opens it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/tolok"
_Message = MutableMapping[str, Any]


async def pages(
    scope: _Message, receive: Callable[[], Awaitable[_Message]], send: Callable[[_Message], Awaitable[None]]
) -> None:
    """The application of `airflow_pages`, which lies in the folder of DAGs; that must be on `PYTHONPATH`."""
    from airflow_pages import app

    await app(scope, receive, send)


class TolokPages(AirflowPlugin):
    """What is mounted, and what leads to it."""

    name = "tolok_pages"
    fastapi_apps = [{"app": pages, "url_prefix": PREFIX, "name": "Tolok"}]  # noqa: RUF012 Airflow's own way
    external_views = [  # noqa: RUF012
        {"name": "Tolok", "href": f"{PREFIX}/", "destination": "nav", "url_route": "tolok"}
    ]
