"""State changes (down, up) of a component or a ticket to windows: a row for each change down, ended by the next up."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from connectors.numerals import counted_en, number
from connectors.remarks import Remark
from pipeline.clean.mapping import ORDER, STATE
from pipeline.config.rows import Combine
from pipeline.indicators.counting import is_sound
from pipeline.tables import HELD_WITH_GROUP, Table

REPEATED, UNMATCHED = "repeated_state", "up_without_down"
_UP, _DOWN, _UNREADABLE, _NONE = 0, 1, -1, -2


def with_incident_ids(frame: pd.DataFrame) -> pd.DataFrame:
    """The same, with an incident number of its own for each change that has none: its component and moment."""
    moments = frame["started_at"].dt.strftime("%Y%m%dT%H%M%S.%fZ").fillna("")
    return frame.assign(incident_id=frame["incident_id"].fillna(frame["component"].fillna("") + "@" + moments))


def pair_rows(frame: pd.DataFrame, *, table: Table, combine: Combine) -> pd.DataFrame:
    """Make one row of each change down and the next change up of the same `combine.by`; without one it stays open.

    The ups are excluded as `combined`, and so is another text of the state there is already, such as `forwarded` after
    `received`; the same text again as `repeated_state`, an up before any down as `up_without_down`. A change of an
    unreadable state is quarantined, and as `unreadable_group` the rows it may begin or end; one of which the moment is
    unreadable takes all rows of its group with it.
    """
    starts, ends = table.month_by, combine.ends or _last_moment(table)
    result = _with_unplaced_groups(frame, starts=starts, by=combine.by)
    changes = result[result["excluded_by"].isna() & result[starts].notna()]
    changes = changes.sort_values([starts, *([ORDER] if ORDER in changes else [])], kind="stable")
    texts = changes[STATE].where(is_sound(changes)).fillna(_UNREADABLE).astype(int)
    states = texts.mask(texts != _UNREADABLE, texts % 2)
    is_repeated = (states != _UNREADABLE) & (states == _shifted(states, 1, changes, combine, blank=_NONE))
    is_step = is_repeated & (texts != _shifted(texts, 1, changes, combine, blank=_NONE))
    changes, states = changes[~is_repeated], states[~is_repeated]
    before, after = (_shifted(states, by, changes, combine, blank=_NONE) for by in (1, -1))
    is_down, is_up = states == _DOWN, states == _UP
    ended = is_down[is_down & (after == _UP)].index
    for start, end in ((starts, ends), *zip(table.flags_of(starts), table.flags_of(ends), strict=True)):
        result.loc[ended, end] = _shifted(changes[start], -1, changes, combine, blank=None)[ended]
    is_doubtful = (is_down | is_up) & ((before == _UNREADABLE) | (is_down & (after == _UNREADABLE)))
    result.loc[is_repeated.index[is_repeated], "excluded_by"] = REPEATED
    result.loc[is_step.index[is_step], "excluded_by"] = "combined"
    result.loc[changes.index[is_up & (before == _DOWN)], "excluded_by"] = "combined"
    result.loc[changes.index[is_up & (before == _NONE)], "excluded_by"] = UNMATCHED
    result.loc[changes.index[is_doubtful], "quarantine_reason"] = HELD_WITH_GROUP
    return result.drop(columns=[ORDER, STATE], errors="ignore")


def _with_unplaced_groups(frame: pd.DataFrame, *, starts: str, by: Sequence[str]) -> pd.DataFrame:
    """Unreadable states are quarantined, and the groups of which a change has no readable moment."""
    is_included, sound = frame["excluded_by"].isna(), is_sound(frame)
    is_unplaced = is_included & frame[starts].isna()
    is_lost = sound & is_unplaced.groupby([frame[name] for name in by], dropna=False).transform("any")
    reasons = frame["quarantine_reason"].mask(sound & frame[STATE].isna(), "unknown_state")
    return frame.assign(quarantine_reason=reasons.mask(is_lost & reasons.isna(), HELD_WITH_GROUP))


def _shifted(values: pd.Series, places: int, changes: pd.DataFrame, combine: Combine, *, blank: object) -> pd.Series:
    """Of each change the value of the change so many places before it (after it, if negative) in its group."""
    groups = values.groupby([changes[name] for name in combine.by], dropna=False)
    return groups.shift(places) if blank is None else groups.shift(places, fill_value=blank)


def pairing_remarks(frame: pd.DataFrame, *, source_name: str) -> list[Remark]:
    """What changes that were sent again, or of which the other half is missing, say about the value."""
    repeated = int((frame["excluded_by"] == REPEATED).sum())
    unmatched = int((frame["excluded_by"] == UNMATCHED).sum())
    remarks = []
    if repeated:
        remarks.append(
            Remark(
                REPEATED,
                f"{source_name}: {number(repeated)} perubahan mengulang keadaan sebelumnya; pasangannya mungkin hilang",
                f"{source_name}: {counted_en(repeated, 'change repeats', 'changes repeat')} the state before; one "
                "between them may be missing",
            )
        )
    if unmatched:
        remarks.append(
            Remark(
                UNMATCHED,
                f"{source_name}: {number(unmatched)} perubahan kembali normal tanpa awal gangguan; jamnya tidak "
                "terhitung",
                f"{source_name}: {counted_en(unmatched, 'change', 'changes')} up without a change down; their hours "
                "are not counted",
            )
        )
    return remarks


def _last_moment(table: Table) -> str:
    return [column.name for column in table.columns if column.kind == "moment"][-1]
