"""What became of every rule of a suite: counts and places, never values; and the refusal of what breaks one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.errors import DataRejected
from connectors.numerals import counted_en, number, number_en
from pipeline.signs import Read

NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Outcome:
    """What became of one rule: counts only. `observed` is a number of rows or the reason it could not be checked.

    `places` name the rows of a frame of signs that break it.
    """

    rule_id: str
    severity: str
    is_met: bool
    observed: str | None
    checked_rows: int
    unexpected_count: int
    text_id: str
    text_en: str
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """Every rule of one suite, in the suite's order; `way` says whether all rows or a sample were checked."""

    subject: str
    way: str
    outcomes: tuple[Outcome, ...]

    @property
    def is_sound(self) -> bool:
        """Whether no critical rule is unmet."""
        return all(outcome.is_met or outcome.severity != "critical" for outcome in self.outcomes)


def refuse_unsound(verdicts: Sequence[Verdict], *, tables: Mapping[str, Read] | None = None) -> None:
    """Raise `DataRejected` naming every unmet critical rule with its counts.

    Of `tables` of which most rows are quarantined, it names the commonest reason and its file.
    """
    unmet = [
        (verdict.subject, outcome)
        for verdict in verdicts
        for outcome in verdict.outcomes
        if not outcome.is_met and outcome.severity == "critical"
    ]
    if not unmet:
        return
    lines = [(subject, outcome, *_count(outcome)) for subject, outcome in unmet]
    lines_id = [f"{subject}: {o.text_id} ({count}; {o.rule_id})" for subject, o, count, _ in lines]
    lines_en = [f"{subject}: {o.text_en} ({count}; {o.rule_id})" for subject, o, _, count in lines]
    held = list(_mostly_held(tables or {}))
    lines_id += [
        f"{place}: {number(count)} dari {number(of)} baris bermasalah dan tidak dihitung (dikarantina), paling sering "
        f"karena {why}; tolok check mengatakan apa yang perlu dilakukan"
        for place, count, of, why in held
    ]
    lines_en += [
        f"{place}: {number_en(count)} of {number_en(of)} rows are faulty and were not counted (quarantined), most "
        f"often for {why}; tolok check says what to do about it"
        for place, count, of, why in held
    ]
    raise DataRejected(
        id="\n- ".join(["Data tidak memenuhi aturan wajib. Periksa berkas sumber dan pemetaannya:", *lines_id]),
        en="\n- ".join(["The data break critical rules. Look at the source files and their mapping:", *lines_en]),
    )


def _mostly_held(tables: Mapping[str, Read]) -> Iterator[tuple[str, int, int, str]]:
    """Source and file with the commonest quarantine reason of each table that is mostly quarantined: how many rows of
    the table's are."""
    for name, read in tables.items():
        counts = read.fates.quarantined.get("source_file_id")
        if counts is not None and 2 * counts.sum() > read.considered_count:
            reason, file_id = counts.idxmax()
            place = f"{read.sources.get(file_id, name)} ({read.names.get(file_id, file_id)})"
            yield place, int(counts.sum()), read.considered_count, f"{reason} ({number(int(counts.max()))})"


def _count(outcome: Outcome) -> tuple[str, str]:
    """How often a rule is broken, in both languages."""
    if outcome.observed == NOT_CHECKED:
        return "tidak dapat diperiksa", NOT_CHECKED
    if outcome.observed is not None:
        return f"{outcome.observed} baris", f"{outcome.observed} {'row' if outcome.observed == '1' else 'rows'}"
    if not outcome.unexpected_count:
        return "tidak terpenuhi", "not met"
    unexpected, checked = f"{outcome.unexpected_count:,}", f"{outcome.checked_rows:,}"
    of_rows = counted_en(outcome.checked_rows, "row", "rows")
    return f"{unexpected} dari {checked} baris".replace(",", "."), f"{unexpected} of {of_rows}"
