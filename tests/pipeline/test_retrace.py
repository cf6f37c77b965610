"""What a rule does to a value: only rows whose numbers are known, in order and of the period are counted."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.indicators import online_services
from pipeline.retrace import Effect, effects, rows_of_group
from pipeline.tables import SERVICES
from tests.indicators.frames import frame_of, terms_of

RULES = (("excluded", "not_offered"), ("quarantined", "unknown_is_requestable_online"))


def service(number: int, *, is_online: bool, **others: Any) -> dict[str, Any]:
    flags = dict.fromkeys(("is_accessible_online", "is_requestable_online", "is_online_applicable"), is_online)
    return {"service_id": f"L{number}", "agency": "Dinas A", **flags} | others


ROWS = (
    service(1, is_online=True),
    service(2, is_online=False),
    service(3, is_online=True, excluded_by="not_offered"),
    service(4, is_online=True, excluded_by="not_offered", agency=None),
    service(5, is_online=True, quarantine_reason="unknown_is_requestable_online", is_requestable_online=None),
)


@pytest.mark.parametrize("parts_count", [1, 5])
def test_rows_are_counted_again_unless_something_required_is_unknown(parts_count: int) -> None:
    rows = [ROWS] if parts_count == 1 else [[row] for row in ROWS]
    found = effects(
        online_services,
        [frame_of(SERVICES, part) for part in rows],
        table=SERVICES,
        terms=terms_of("2025"),
        rules=RULES,
    )
    assert found.value == 50
    assert found.effects == (Effect(*RULES[0], 2, 75.0), Effect(*RULES[1], 0, None))


def test_a_group_without_a_name_is_called_as_in_breakdowns() -> None:
    rows = rows_of_group(
        [frame_of(SERVICES, ROWS)], table=SERVICES, terms=terms_of("2025"), where={"agency": "(kosong / blank)"}
    )
    assert rows["service_id"].tolist() == ["L4"]
