"""Every preset that declares an API stands the standard suite; a new YAML file is found by itself."""

from __future__ import annotations

import pytest

from connectors.registry import preset, system_names
from testing.connector_suite import ConnectorSuite
from testing.stand_in import case_of

DECLARED = [name for name in system_names() if preset(name)["source"].get("connector") == "api"]


def test_there_are_presets_to_test() -> None:
    assert "zammad" in DECLARED


@pytest.fixture(params=DECLARED, scope="class")
def _declared(request: pytest.FixtureRequest) -> None:
    request.cls.CASE = case_of(request.param)


@pytest.mark.usefixtures("_declared")
class TestPresets(ConnectorSuite):
    """The standard suite for each preset in turn."""
