"""What every report of a city and a period is made from, in one language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.config.reports import Signature
from pipeline.language import Language
from pipeline.report.words import reason_text
from pipeline.warehouse import CityView, ResultView

STATUSES = {"final": "Final", "provisional": "Provisional", "not_computable": "Not computable", "altered": "Altered"}


@dataclass(frozen=True)
class Document:
    """A city or province and a period of it; `signature` is who signs.

    `others` are other cities to compare with, of a province its own cities.
    """

    view: CityView
    period: str
    language: Language
    others: Sequence[CityView] = ()
    signature: Signature = field(default_factory=Signature)

    @property
    def title(self) -> str:
        """City and period with what the report is about."""
        t = self.language
        return t("{city}, {period}: governance indicators", city=self.view.city.name, period=t.period(self.period))

    @property
    def results(self) -> tuple[ResultView, ...]:
        """The results of the period in the order of clauses."""
        return self.view.of_period(self.period)

    @property
    def made_at(self) -> datetime | None:
        """When the newest of the values was computed: a report has no clock of its own."""
        return max((one.computed_at for one in self.results if one.computed_at), default=None)

    def beside(self, result: ResultView) -> Mapping[str, ResultView]:
        """The same result of other cities, by their names."""
        found = ((one.city.name, one.result(result.indicator_id, result.period)) for one in self.others)
        return {name: other for name, other in found if other is not None}

    def reasons(self, result: ResultView, *, keeps_provisional: bool = True) -> list[str]:
        """The remarks on a result, those that keep it provisional or the others; one that is not final has some."""
        t = self.language
        found = [reason_text(one, result, t) for one in result.reasons if one.keeps_provisional is keeps_provisional]
        if not keeps_provisional or result.status == "final":
            return found
        if result.reason and (result.value is None or not found):
            return [t.of_both(result.reason), *found]
        return found or [t("its reasons were not kept when it was computed")]
