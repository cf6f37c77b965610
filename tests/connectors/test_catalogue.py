"""The presets' own words: complete, loadable, and the same in the docs."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.catalogue import ABOUT, PAGE, page
from connectors.errors import ConfigError
from connectors.registry import connector_class, preset, system_names
from pipeline.config import City, with_presets

NAMES = system_names()


def test_the_docs_show_every_preset_as_it_is() -> None:
    assert len(NAMES) > 1
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make systems"


def test_an_unknown_connector_is_refused_with_the_names_of_those_there_are() -> None:
    with pytest.raises(ConfigError) as caught:
        connector_class("tak-ada")
    listed = set(caught.value.en.removesuffix(".").split("there are: ")[1].split(", "))
    assert {preset(name)["source"].get("connector", "files") for name in NAMES} <= listed
    assert not listed & {"base", "http", "catalogue"}


@pytest.mark.parametrize("name", ["base", "http", "catalogue", "../pipeline/steps"])
def test_a_module_that_declares_no_connector_is_none(name: str) -> None:
    with pytest.raises(ConfigError, match="Unknown connector"):
        connector_class(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_says_what_a_reader_of_the_docs_needs(name: str) -> None:
    about = preset(name)["about"]
    assert [key for key in ABOUT if not str(about.get(key, "")).strip()] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_is_a_source_a_city_can_name(name: str) -> None:
    known = preset(name)
    connector = known["source"].get("connector")
    way_in: dict[str, Any] = {"connection": "sistem"} if connector and _is_pulled(connector) else {"path": "x/*"}
    options = known.get("example", {}).get("options", {})
    source = {"system": name, **way_in, **({"options": options} if options else {})}
    if known["source"]["table"] == "population":
        source["authority"] = known["source"].get("authority", "kemendagri")
    raw = {"city": "x", "name": "X", "zone": "Asia/Jakarta", "region_codes": {"kemendagri": "99.71", "bps": "9971"}}
    city = City.model_validate({**raw, "sources": with_presets({"s": source})})
    assert city.sources["s"].table == known["source"]["table"]


def _is_pulled(connector: str) -> bool:
    from connectors.base import Connector

    return connector_class(connector).pull is not Connector.pull
