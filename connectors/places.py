"""Addresses as text: whether two name the same place, and how one is shown without what is secret in it."""

from __future__ import annotations

from urllib.parse import SplitResult, urljoin, urlsplit


def target_of(url: str, location: str) -> str:
    """Where a redirect leads; nowhere when it is no address."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def is_same_place(one: str, other: str) -> bool:
    """Same host and port; going from http to https on a host is going home."""
    a, b = parts_of(one), parts_of(other)
    is_secured = (a.scheme, b.scheme) == ("http", "https")
    return (
        a.hostname is not None
        and a.hostname == b.hostname
        and (is_secured or (a.scheme, _port(a)) == (b.scheme, _port(b)))
    )


def parts_of(url: str) -> SplitResult:
    """An address in its parts; those of none at all when it is broken."""
    try:
        parts = urlsplit(url)
        return parts if parts.port is None or parts.port else urlsplit("")
    except ValueError:
        return urlsplit("")


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def shown_address(url: str) -> str:
    """An address fit for a message: no user, no parameters; a broken one is not repeated."""
    parts = parts_of(url)
    if not parts.scheme:
        return "(alamat rusak / broken address)"
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
