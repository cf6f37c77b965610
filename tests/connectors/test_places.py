"""Which addresses are one place, so that a secret sent to one may go to the other, and what of one is shown."""

from __future__ import annotations

import pytest

from connectors.places import is_same_place, shown_address, target_of

HOME = "https://sistem.example/masuk"


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (HOME, "https://sistem.example/x?y", True),
        (HOME, "https://sistem.example:443/", True),
        ("http://sistem.example:80/", "http://sistem.example/", True),
        (HOME, "https://SISTEM.example/", True),
        (HOME, "http://sistem.example/masuk", False),
        (HOME, "http://sistem.example:443/masuk", False),
        (HOME, "https://sistem.example:8443/", False),
        (HOME, "https://www.sistem.example/", False),
        (HOME, "ftp://sistem.example/", False),
        ("http://sistem.example/", HOME, True),
        ("http://sistem.example:8080/", "https://sistem.example:8443/", True),
        (HOME, "", False),
        ("", "", False),
        (HOME, "https://sistem.example:0/", False),
        (HOME, "https://sistem.example:x/", False),
    ],
)
def test_a_place_is_host_and_port_and_only_ever_becomes_safer(one: str, other: str, is_same: bool) -> None:
    assert is_same_place(one, other) == is_same


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("x", "https://sistem.example/x"),
        ("//lain.example/x", "https://lain.example/x"),
        ("http://sistem.example/x", "http://sistem.example/x"),
        ("http://[", ""),
    ],
)
def test_a_redirect_leads_where_it_says_or_nowhere(location: str, target: str) -> None:
    assert target_of(HOME, location) == target


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://petugas:rahasia@sistem.example:8443/a/b?token=rahasia#x", "https://sistem.example:8443/a/b"),
        ("http://sistem.example", "http://sistem.example"),
        ("rahasia", "(alamat rusak / broken address)"),
        ("https://rahasia:x/", "(alamat rusak / broken address)"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(url: str, shown: str) -> None:
    assert shown_address(url) == shown
