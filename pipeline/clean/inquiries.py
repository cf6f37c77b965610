"""Complaint tickets joined with their follow-up log: only an agency's own answer is a response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from connectors.numerals import counted_en, number, number_en
from connectors.remarks import Remark
from pipeline.clean.date_signs import FOLLOW_UPS_AT, DateSigns
from pipeline.clean.erased_rows import ERASED_IN
from pipeline.clean.mapping import ColumnTerms, read_column
from pipeline.clean.text_bytes import tidied
from pipeline.config.rows import Responses
from pipeline.config.source import Source
from pipeline.indicators.base import RowCounts
from pipeline.tables import ERASED, HELD_WITH_GROUP, Column

_BASES = pd.Index(["none", "first_response"], dtype="str")
_KIND, _AT = Column("kind", "text"), Column("at", "moment")
UNKNOWN_LIMIT_PCT = 25
_EXCLUDED = ("blank_row", "not_a_response", ERASED)


@dataclass(frozen=True)
class FollowUps:
    """First response and last closing per inquiry, those `in_doubt`, and what became of the log's rows.

    `unknown` are the first responses, by inquiry, to inquiries that the export does not hold.
    In doubt are inquiries with an unreadable entry that may be the first response.
    """

    moments: pd.DataFrame
    in_doubt: pd.Index
    rows: RowCounts
    unknown: pd.Series


def follow_up_columns(responses: Responses) -> tuple[str, ...]:
    """Every raw column of the log that is read."""
    maps = (responses.at, responses.kind)
    names = [name for one in maps for name in (*one.column, *([one.when.column] if one.when else ()))]
    return tuple(dict.fromkeys((responses.inquiry_id, *names)))


def read_follow_ups(
    raw: pd.DataFrame, *, responses: Responses, terms: ColumnTerms, known_ids: pd.Series, date_signs: DateSigns
) -> FollowUps:
    """Grain of `moments`: inquiry; `responded_at`, `closed_at` in UTC, and whether each was noted as a date.

    Entries of kind `other` (verification, forwarding, automatic closing) are excluded as `not_a_response`; entries
    of unknown inquiries, or with an unreadable time or kind, are quarantined; those of erased ones are `erased`.
    """
    ids = tidied(raw[responses.inquiry_id], absent=terms.nulls).str.removesuffix(".0")
    read_kinds, is_unknown_kind = read_column(raw, _KIND, responses.kind, terms)
    kinds, (parsed, _) = read_kinds.values, read_column(raw, _AT, responses.at, terms)
    date_signs.add(FOLLOW_UPS_AT, parsed.signs)
    outcome = pd.Series("used", index=raw.index, dtype="str").mask(kinds == "other", "not_a_response")
    outcome = outcome.mask(~ids.isin(known_ids), "unknown_inquiry").mask(parsed.values.isna(), "bad_time")
    outcome = outcome.mask(is_unknown_kind | kinds.isna(), "unknown_kind").mask(ids.isna() | (ids == ""), "blank_row")
    outcome = outcome.mask(raw[ERASED_IN].notna(), ERASED)
    entries = {"inquiry_id": ids, "kind": kinds, "at": parsed.values, "is_date": pd.array(parsed.is_date, "boolean")}
    used = pd.DataFrame(entries)[outcome == "used"].sort_values("at", kind="stable")
    answers = used[used["kind"] == "response"].drop_duplicates("inquiry_id").set_index("inquiry_id")
    closings = used[used["kind"] == "closing"].drop_duplicates("inquiry_id", keep="last").set_index("inquiry_id")
    moments = {
        "responded_at": answers["at"],
        "responded_is_date": answers["is_date"],
        "closed_at": closings["at"],
        "closed_is_date": closings["is_date"],
    }
    others = pd.DataFrame(entries)[(outcome == "unknown_inquiry") & (kinds == "response")]
    unknown = others.groupby("inquiry_id")["at"].min()
    return FollowUps(pd.DataFrame(moments), _in_doubt(entries, outcome, answers["at"]), _row_counts(outcome), unknown)


def _in_doubt(entries: Mapping[str, pd.Series], outcome: pd.Series, first_at: pd.Series) -> pd.Index:
    """Inquiries whose first response may be an entry with an unreadable time or kind."""
    ids, kinds, at = entries["inquiry_id"], entries["kind"], entries["at"]
    may_respond = outcome.isin(["bad_time", "unknown_kind"]) & (kinds.isna() | (kinds == "response"))
    is_later = at >= first_at.reindex(ids).set_axis(ids.index)
    return pd.Index(ids[may_respond & ~is_later].unique())


def join_follow_ups(frame: pd.DataFrame, follow_ups: FollowUps) -> pd.DataFrame:
    """Fill the response and closing moments that the export itself does not hold; hold back what is in doubt."""
    moments = follow_ups.moments
    found = moments.reindex(frame["inquiry_id"]).set_axis(frame.index)
    is_held = frame["responded_at"].isna() & frame["inquiry_id"].isin(follow_ups.in_doubt)
    is_held &= frame["excluded_by"].isna() & frame["quarantine_reason"].isna()
    reasons = frame["quarantine_reason"].mask(is_held, HELD_WITH_GROUP)
    filled = {name: frame[name].fillna(found[name]) for name in moments.columns}
    return frame.assign(**filled, quarantine_reason=reasons)


def unknown_remarks(frame: pd.DataFrame, follow_ups: FollowUps, *, source_name: str) -> list[Remark]:
    """A remark where many answers, of the time in which the export has inquiries, are to inquiries it does not hold."""
    received = frame["received_at"]
    count = int(follow_ups.unknown.between(received.min(), received.max()).sum())
    known_count = int(follow_ups.moments["responded_at"].notna().sum())
    if 100 * count <= UNKNOWN_LIMIT_PCT * (count + known_count):
        return []
    return [
        Remark(
            "answers_without_inquiries",
            f"{source_name}: log tanggapan memuat jawaban atas {number(count)} tiket yang tidak ada di ekspor, dari "
            f"masa yang sama, di samping {number(known_count)} tiket yang ada. Apakah ekspor tiketnya tersaring atau "
            "terpotong? Ekspor semua tiket, atau hanya tanggapan atas tiket itu.",
            f"{source_name}: the follow-up log answers {counted_en(count, 'ticket', 'tickets')} of the same time that "
            f"the export does not hold, beside {number_en(known_count)} that it does. Is that export filtered or cut? "
            "Export all tickets, or only the answers to these.",
        )
    ]


def complete_inquiries(frame: pd.DataFrame, *, source: Source) -> pd.DataFrame:
    """Say what each response time rests on, where the mapping does not."""
    if "response_basis" in source.columns:
        return frame
    has_response = frame["responded_at"].notna().to_numpy(np.int8)
    return frame.assign(response_basis=pd.Categorical.from_codes(has_response, _BASES))


def _row_counts(outcome: pd.Series) -> RowCounts:
    counts = {str(name): int(count) for name, count in outcome.value_counts().sort_index().items()}
    used = counts.pop("used", 0)
    excluded = {name: count for name, count in counts.items() if name in _EXCLUDED}
    quarantined = {name: count for name, count in counts.items() if name not in _EXCLUDED}
    return RowCounts(len(outcome), used, excluded, quarantined)
