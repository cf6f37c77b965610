"""Connectors are found by their modules; a name that is none is refused with those there are."""

from __future__ import annotations

import pytest

from connectors.errors import ConfigError
from connectors.registry import connector_class, preset, system_names


def test_an_unknown_connector_is_refused_with_the_names_of_those_there_are() -> None:
    with pytest.raises(ConfigError) as caught:
        connector_class("tak-ada")
    listed = set(caught.value.en.removesuffix(".").split("there are: ")[1].split(", "))
    assert {preset(name)["source"].get("connector", "files") for name in system_names()} <= listed
    assert not listed & {"base", "http", "registry"}


@pytest.mark.parametrize("name", ["base", "http", "registry", "../pipeline/work"])
def test_a_module_that_declares_no_connector_is_none(name: str) -> None:
    with pytest.raises(ConfigError, match="Unknown connector"):
        connector_class(name)
