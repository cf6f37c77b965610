"""The four indicators, in the order of their clauses."""

from __future__ import annotations

from typing import cast

from pipeline.indicators import inquiry_response, it_downtime, online_services, portal_visits
from pipeline.indicators.base import Indicator

INDICATORS: dict[str, Indicator] = {
    module.DEFINITION.id: cast(Indicator, module)
    for module in (portal_visits, online_services, inquiry_response, it_downtime)
}
# Those whose `compute` takes a table in parts.
IN_PARTS = (inquiry_response.DEFINITION.id,)
