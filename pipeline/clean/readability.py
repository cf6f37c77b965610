"""How many of a source's rows could not be read: when it is most, the mapping or the file is wrong, not the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.errors import DataRejected
from connectors.numerals import number, number_en
from pipeline.clean.month_files import Outcome
from pipeline.config.city import City

_UNREADABLE = ("bad_", "too_small_", "ambiguous_", "unknown_", "missing_", "wrong_field_count", "code_shape")


@dataclass
class Readability:
    """Counts of rows not excluded, and among them of those that could not be read, by reason."""

    rows_count: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, counts: Mapping[Outcome, int]) -> None:
        """Count judged rows by their outcomes."""
        for (reason, rule), count in counts.items():
            self.rows_count += count if rule is None else 0
            if rule is None and reason and reason.startswith(_UNREADABLE):
                self.reasons[reason] += count

    def leave_out(self, counts: Mapping[Outcome, int]) -> None:
        """Take back rows counted as sound of which some have been excluded since."""
        self.rows_count -= sum(count for (_, rule), count in counts.items() if rule is not None)

    def refuse_if_poor(self, city: City, source_name: str) -> None:
        """Raise `DataRejected` when more rows than the city's limit could not be read."""
        bad_count = self.reasons.total()
        if self.rows_count and 100 * bad_count > city.quarantine_limit_pct * self.rows_count:
            reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(self.reasons.items()))
            limit = f"{city.quarantine_limit_pct:g} %"
            raise DataRejected(
                id=f"Sumber '{source_name}': {number(bad_count)} dari {number(self.rows_count)} baris tidak terbaca "
                f"({reasons}); "
                f"batasnya {limit}. Periksa format tanggal, angka dan peta nilai di sources.{source_name}.",
                en=f"Source '{source_name}': {number_en(bad_count)} of {number_en(self.rows_count)} rows cannot be "
                f"read ({reasons}); "
                f"the limit is {limit}. Check date formats, numbers and value maps in sources.{source_name}.",
            )
