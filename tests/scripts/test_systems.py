"""The presets' own words: complete, loadable, and the same in the docs."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.registry import connector_class, preset, system_names
from pipeline.config.city import City
from pipeline.config.presets import with_presets
from scripts.docs.systems import ABOUT, PAGE, page

NAMES = system_names()


def test_the_docs_show_every_preset_as_it_is() -> None:
    assert len(NAMES) > 1
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make generated"


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_says_what_a_reader_of_the_docs_needs(name: str) -> None:
    about = preset(name)["about"]
    assert [key for key in ABOUT if not str(about.get(key, "")).strip()] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_is_a_source_a_city_can_name(name: str) -> None:
    known = preset(name)
    connector = known["source"].get("connector")
    way_in: dict[str, Any] = {"connection": "sistem"} if connector and _is_pulled(connector) else {"path": "x/*"}
    own = {key: known.get("example", {}).get(key) for key in ("options", "columns")}
    source = {"system": name, **way_in, **{key: settings for key, settings in own.items() if settings}}
    if known["source"]["table"] == "population":
        source["authority"] = known["source"].get("authority", "kemendagri")
    raw = {"city": "x", "name": "X", "zone": "Asia/Jakarta", "region_codes": {"kemendagri": "99.71", "bps": "9971"}}
    city = City.model_validate({**raw, "sources": with_presets({"s": source})})
    assert city.sources["s"].table == known["source"]["table"]


def _is_pulled(connector: str) -> bool:
    from connectors.base import Connector

    return connector_class(connector).pull is not Connector.pull
