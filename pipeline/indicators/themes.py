"""The nine themes that the readiness check asks about of each indicator, by number."""

from __future__ import annotations

from collections.abc import Mapping

THEMES: Mapping[int, str] = {
    1: "Work plan",
    2: "Resources",
    3: "Roles and responsibilities",
    4: "Trained staff",
    5: "Managed with a system",
    6: "Stakeholders",
    7: "Monitoring and control",
    8: "Data quality assurance",
    9: "Periodic review",
}
