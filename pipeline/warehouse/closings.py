"""Closed years: what was done to them and by whom, and what their later runs would have changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connectors.errors import DataRejected
from connectors.numerals import number
from pipeline.indicators.definition import definitions
from pipeline.periods import Period
from pipeline.warehouse.comparing import Difference, compare
from pipeline.warehouse.deciding import Decided
from pipeline.warehouse.model import CITY, CLOSING, PENDING
from pipeline.warehouse.records import Closing, Correction, Stored, StoreRequest
from pipeline.warehouse.seals import STATUS_ALTERED, Version, result_rows
from pipeline.warehouse.selecting import newest_versions
from pipeline.warehouse.version_rows import in_order

if TYPE_CHECKING:
    from pipeline.indicators.base import Result

_WITHOUT_VALUE = "not_computable"
_REMARKS = sa.table(
    "indicator_remark_current",
    *map(sa.column, ("city_id", "indicator_id", "period", "text_id", "text_en", "keeps_provisional")),
)


def close(connection: Connection, closing: Closing) -> bool:
    """Close a year and say whether it was open until now; `DataRejected`, with the reasons, unless it is final.

    A year is final when it has values and none is provisional; a result that has nothing to divide by keeps none open.
    """
    # Whoever writes results holds the city's row too.
    connection.execute(sa.select(CITY.c.city_id).where(CITY.c.city_id == closing.city_id).with_for_update())
    if is_closed(connection, closing.city_id, closing.period):
        return False
    _refuse_unfinished(connection, closing)
    _note(connection, closing, action="closed")
    return True


def is_closed(connection: Connection, city_id: str, period: str) -> bool:
    """Whether every year that a period lies in is closed."""
    years = {str(month.year) for month in Period.parse(period).months}
    return years <= {row["period"] for row in events(connection, city_id) if row["action"] == "closed"}


def events(connection: Connection, city_id: str, *, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """What was done to a city's closed years up to a moment, in order."""
    names = ("period", "action", "done_at", "done_by", "reason")
    query = sa.select(*(CLOSING.c[name] for name in names)).where(CLOSING.c.city_id == city_id)
    if as_of is not None:
        query = query.where(CLOSING.c.done_at <= as_of)
    ordered = query.order_by(CLOSING.c.done_at, CLOSING.c.period, CLOSING.c.place)
    return [dict(row) for row in connection.execute(ordered).mappings()]


def bearing_on(period: str, done: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of what was done to closed years that which bears on a period: what was done to it, and its year's closing."""
    years = {str(month.year) for month in Period.parse(period).months}
    is_closed = years <= {one["period"] for one in done if one["action"] == "closed"}
    return [
        one
        for one in done
        if one["period"] == period or (is_closed and one["action"] == "closed" and one["period"] in years)
    ]


def pending(connection: Connection, city_id: str, *, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """What the latest runs of a city's closed periods would have changed, one row per result."""
    query = sa.select(PENDING).where(PENDING.c.city_id == city_id).order_by(PENDING.c.period)
    if as_of is not None:
        query = query.where(PENDING.c.found_at <= as_of)
    return [dict(row) for row in connection.execute(query).mappings()]


def hold(connection: Connection, decided: Sequence[Decided], *, request: StoreRequest) -> list[Stored]:
    """Keep as pending what would have changed; what no longer would is forgotten."""
    wrong = {one.key["indicator_id"] for one in _differences(connection, decided, request=request)}
    stored = []
    for one in decided:
        name = one.result.indicator_id
        if name in wrong:
            _forget(connection, request, name)
        if one.stored.outcome == "unchanged":
            stored.append(one.stored)
            continue
        row = _pending_row(one, request=request)
        if name in wrong:
            connection.execute(sa.insert(PENDING), row)
        value = one.newest.result["value"] if one.newest and one.newest.result else None
        change = one.stored.change or f"{number(value)} -> {number(one.result.headline.value)}"
        command = f"tolok correct {request.city.city_id} {request.period[:4]} --reason '...'"
        held = replace(one.stored, outcome="held", version=row["version"], change=change, command=command)
        stored.append(held)
    return stored


def differences(connection: Connection, decided: Sequence[Decided], *, request: StoreRequest) -> list[Difference]:
    """Where what is kept as pending is not what would change; what is not kept yet is told of the result itself."""
    return [one for one in _differences(connection, decided, request=request) if one.stored is not None]


def unlike_versions(
    connection: Connection, versions: Iterable[Version], *, city_id: str, period: str
) -> Iterator[Difference]:
    """Where what is noted of corrections of a period is not what the versions say that they wrote."""
    of_period = sa.select(CLOSING).where(CLOSING.c.city_id == city_id, CLOSING.c.period == period)
    noted = connection.execute(of_period.order_by(CLOSING.c.place)).mappings().all()
    written = {one.result["computed_at"]: one.result["change_reason"] for one in versions if one.result}
    for place, row in enumerate(noted, start=1):
        key = {"period": period, "place": row["place"]}
        if row["place"] != place:
            yield Difference(CLOSING.name, key, "place", row["place"], place)
        if row["action"] == "corrected":
            told, by = written.pop(row["done_at"], None), Correction(row["done_by"], str(row["reason"]))
            if told is None:
                yield Difference(CLOSING.name, key, "done_at", row["done_at"], None)
            elif not told.startswith(by.beginning):
                yield Difference(CLOSING.name, key, "done_by, reason", f"{by.by}: {by.reason}", told)
    for done_at, told in written.items():
        if told.startswith(Correction.MARK):
            yield Difference(CLOSING.name, {"period": period, "done_at": done_at}, None, None, {"reason": told})


def _differences(connection: Connection, decided: Sequence[Decided], *, request: StoreRequest) -> list[Difference]:
    of_period = [row for row in pending(connection, request.city.city_id) if row["period"] == request.period]
    is_closed_now = is_closed(connection, request.city.city_id, request.period) and not request.correction
    held = [one for one in decided if is_closed_now and one.stored.outcome != "unchanged"]
    expected = in_order(PENDING, [_pending_row(one, request=request) for one in held])
    return list(compare(PENDING, in_order(PENDING, of_period), expected, but=("found_at",)))


def correct(connection: Connection, changed: Sequence[Result], *, request: StoreRequest) -> None:
    """Note the correction of a closed period, if anything changes; `DataRejected` when its year would not be final."""
    correction = request.correction
    if correction is None:
        return
    _forget(connection, request)
    held = [
        (result.indicator_id, remark) for result in changed for remark in result.remarks if remark.keeps_provisional
    ]
    if held and Period.parse(request.period).is_year:
        raise _not_final(request.city.city_id, request.period, [(name, remark.id, remark.en) for name, remark in held])
    if changed:
        closing = Closing(request.city.city_id, request.period, by=correction.by, at=request.computed_at)
        _note(connection, closing, action="corrected", reason=correction.reason)


def _refuse_unfinished(connection: Connection, closing: Closing) -> None:
    where = {"city_id": closing.city_id, "period": closing.period}
    rows, _ = result_rows(connection, newest_versions(closing.city_id, period=closing.period))
    if altered := [row for row in rows if row["status"] == STATUS_ALTERED]:
        told = [(row["indicator_id"], *str(row["reason"]).split(" / ", 1)) for row in altered]
        raise _not_final(closing.city_id, closing.period, told)
    held = [row["indicator_id"] for row in rows if row["status"] == "provisional"]
    if held:
        remarks = connection.execute(sa.select(_REMARKS).filter_by(**where, keeps_provisional=True)).mappings()
        told = [(row["indicator_id"], row["text_id"], row["text_en"]) for row in remarks if row["indicator_id"] in held]
        raise _not_final(closing.city_id, closing.period, told)
    if all(row["status"] == _WITHOUT_VALUE for row in rows):
        command = f"tolok run {closing.city_id} {closing.period}"
        raise DataRejected(
            id=f"{closing.city_id} {closing.period} belum punya nilai, jadi tidak dapat ditutup. Jalankan: {command}",
            en=f"{closing.city_id} {closing.period} has no value yet, so it cannot be closed. Run: {command}",
        )


def _not_final(city_id: str, period: str, reasons: Sequence[tuple[str, str, str]]) -> DataRejected:
    """The fault that results are provisional; `reasons` are indicator, Bahasa Indonesia and English."""
    titles = {name: definition.title for name, definition in definitions().items()}
    lines_id = [f"  {titles.get(name, name)}: {text}" for name, text, _ in reasons]
    lines_en = [f"  {titles.get(name, name)}: {text}" for name, _, text in reasons]
    return DataRejected(
        id="\n".join([f"{city_id} {period} masih sementara; tahun yang ditutup harus final:", *lines_id]),
        en="\n".join([f"{city_id} {period} is still provisional; a closed year must be final:", *lines_en]),
    )


def _note(connection: Connection, closing: Closing, *, action: str, reason: str | None = None) -> None:
    of_period = (CLOSING.c.city_id == closing.city_id, CLOSING.c.period == closing.period)
    last = connection.execute(sa.select(sa.func.max(CLOSING.c.place)).where(*of_period)).scalar()
    row = {"city_id": closing.city_id, "period": closing.period, "place": (last or 0) + 1, "action": action}
    done = {"done_at": closing.at, "done_by": closing.by, "reason": reason}
    connection.execute(sa.insert(CLOSING), row | done)


def _forget(connection: Connection, request: StoreRequest, indicator_id: str | None = None) -> None:
    """Nothing of a period is pending any more, or nothing of one indicator of it."""
    gone = sa.delete(PENDING).where(PENDING.c.city_id == request.city.city_id, PENDING.c.period == request.period)
    connection.execute(gone if indicator_id is None else gone.where(PENDING.c.indicator_id == indicator_id))


def _pending_row(decided: Decided, *, request: StoreRequest) -> dict[str, Any]:
    result, standing = decided.result, decided.newest
    return {
        "city_id": request.city.city_id,
        "indicator_id": result.indicator_id,
        "period": result.period,
        "version": standing.number if standing else 0,
        **asdict(result.headline),
        "status": result.status,
        "reason": result.reason,
        "method_version": result.method_version,
        "inputs_sha256": result.inputs_sha256,
        "found_at": request.computed_at,
        "change_reason": decided.stored.change_reason,
    }
