"""What is declared of an API: address, auth, paging, window, and where its answers have what."""

from __future__ import annotations

import json
import re
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from connectors.base import Options

PLACE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_SECRET_NAME = re.compile(r"token|passw|sandi|secret|api.?key|authorization|credential", re.IGNORECASE)


class Auth(Options):
    """Where a request carries the connection's secrets: HTTP basic, a bearer token, or a field of one's own."""

    style: Literal["none", "basic", "bearer", "header", "param", "form", "body"] = "none"
    name: str = "Authorization"
    value: str = "{password}"
    more: dict[str, str] = Field(default_factory=dict)


class Login(Options):
    """A first call that gives a token for the others; neither it nor its answer is kept."""

    url: str
    method: Literal["GET", "POST"] = "POST"
    form: dict[str, str] = Field(default_factory=dict)
    body: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    token_at: str
    header: str = "Authorization"
    value: str = "Bearer {token}"


class Paging(Options):
    """How a long answer comes in parts; `none` with a `size` is an API that cuts off there without a next page.

    `most` is how many rows the API shows of one question, whatever the pages.
    `more_at` is where an API by offset says that it cut its answer, perhaps below the `size` asked for.
    `newest_at` is the moment of a row where the API shows only the newest `size` of all it has.
    `not_paging` are keys of answers without pages that look like paging but are not, such as a `total` of visits.
    """

    style: Literal["none", "page", "offset", "cursor", "link"] = "none"
    first: int = 1
    size: int = Field(default=0, ge=0)
    most: int = Field(default=0, ge=0)
    next_at: str = ""
    more_at: str = ""
    newest_at: str = ""
    total_at: str = ""
    total_header: str = ""
    not_paging: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_enough(self) -> Self:
        if self.style in ("page", "offset") and not self.size:
            raise ValueError("paging perlu 'size' / needs 'size'")
        if self.more_at and self.style != "offset":
            raise ValueError("'more_at' hanya untuk paging offset / is for paging by offset only")
        if self.newest_at and (self.style != "none" or not self.size):
            raise ValueError("'newest_at' perlu style none dan size / needs style none and a size")
        if self.style == "cursor" and not self.next_at:
            raise ValueError("paging cursor perlu 'next_at' / needs 'next_at'")
        if self.not_paging and self.style != "none":
            raise ValueError("'not_paging' hanya untuk style none / is for style none only")
        return self


class WindowOptions(Options):
    """How a window is written in a request; `from`, `to` and `zone` (the city's) are placeholders wherever they belong.

    `first: excluded` is for a system that takes only what is later than `from`: it is asked from the second before.
    `whole_days` is for answers that are counts of days: a day that has not ended is not asked for.
    """

    format: str = "iso"
    zone: str | None = None
    first: Literal["included", "excluded"] = "included"
    last: Literal["excluded", "millisecond", "second", "day"] = "excluded"
    days: int | None = Field(default=None, ge=1)
    whole_days: bool = False


class Fill(Options):
    """Days that an answer lists (`labels_at`) but has no row for, and what they mean."""

    labels_at: str
    key: str
    values: dict[str, str]


class Since(Options):
    """A call that tells from when on the system holds data: the first of the places `at` that its answer has."""

    url: str
    at: tuple[str, ...] = Field(min_length=1)


class ApiOptions(Options):
    """The declaration of one API."""

    url: str
    method: Literal["GET", "POST"] = "GET"
    params: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    form: dict[str, str] | None = None
    body: Any = None
    values: dict[str, str] = Field(default_factory=dict)
    auth: Auth = Auth()
    login: Login | None = None
    window: WindowOptions = WindowOptions()
    paging: Paging = Paging()
    error_at: str = ""
    warn_at: tuple[str, ...] = ()
    fill: Fill | None = None
    keeps_days: int | None = None
    since: Since | None = None

    @field_validator("body", mode="before")
    @classmethod
    def _typed(cls, value: object) -> object:
        """A body written as JSON keeps its numbers and truth values, which YAML here reads as text."""
        return json.loads(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _holds_no_secret(self) -> Self:
        places = {"params": self.params, "headers": self.headers, "form": self.form or {}}
        if isinstance(self.body, dict):
            places["body"] = {k: v for k, v in self.body.items() if isinstance(v, str)}
        found = [f"{where}.{key}" for where, pairs in places.items() for key in pairs if _SECRET_NAME.search(key)]
        if re.search(r"//[^/]*@", self.url):
            found.append("url")
        if self.auth.style != "none" and not any(PLACE.search(v) for v in (self.auth.value, *self.auth.more.values())):
            found.append("auth.value")
        if found:
            raise ValueError(
                f"rahasia tidak ditulis di YAML ({', '.join(found)}); taruh di koneksi dan tulis auth dengan "
                "{password} / secrets are not written in YAML; put them in the connection and use auth with {password}"
            )
        return self
