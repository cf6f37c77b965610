"""A decision to erase persons, carried out so that one that was broken off goes on under its number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from pipeline.erasing.copies import discard_clean, note_gone
from pipeline.erasing.files import keep_rest, remove_gone
from pipeline.erasing.plan import Plan
from pipeline.erasing.request import Request
from pipeline.erasing.rows import look
from pipeline.landing import (
    ERASED_FOLDER,
    Rest,
    all_manifests,
    erased_ids,
    new_ids,
    remove_object,
    write_erased_ids,
)
from pipeline.leftovers import sweep_leftovers
from pipeline.mirror import names
from pipeline.pulling import forget_unfinished
from pipeline.store_request import city_record
from pipeline.warehouse import Erasure
from pipeline.warehouse.locks import alone


def carry_out(plan: Plan, *, now: datetime) -> int:
    """Take away what the plan names; gives the number of the decision.

    A decision that was broken off goes on under its number, with what it counted when it was made.
    """
    request = plan.request
    # What killed commands left may hold the person too.
    sweep_leftovers(request.home)
    number = plan.decision or _next_number(request)
    for (city_id, source), ids in plan.ids.items():
        kept = erased_ids(request.home, city_id, source) or new_ids(request.home)
        write_erased_ids(request.home, city_id, source, kept.with_ids(ids, decision=number))
    request.warehouse.note_erasure(_record(plan, number, now), city=city_record(request.city))
    _take_away(plan)
    request.warehouse.finish_erasure(number, at=now)
    return number


@contextmanager
def without_runs(request: Request) -> Iterator[None]:
    """Wait until no pull or run of the city is under way, and keep others waiting; what broke off is pulled anew."""
    forget_unfinished(request.home, request.city.city)
    labels = {one.period for one in all_manifests(request.home) if one.city == request.city.city}
    with alone(request.settings.warehouse_url, *(f"{request.city.city} {label}" for label in labels), "tolok erase"):
        yield


def _next_number(request: Request) -> int:
    """One more than any that is in the warehouse, or that was begun and did not get there."""
    begun = names(request.home / "landing" / ERASED_FOLDER, "*/*.json")
    noted = [erased_ids(request.home, path.parent.name, path.stem).decisions.values() for path in begun]
    return max([request.warehouse.next_erasure(), *(number + 1 for of in noted for number in of)])


def _take_away(plan: Plan) -> None:
    """Put what is left in place of each file that goes, then take the files away."""
    request = plan.request
    gone, left = set[str](), set[str]()
    todo = [one for one in all_manifests(request.home) if (one.city, one.source) in plan.ids]
    while todo:
        for one in todo:
            before = one.rest or Rest((), (), ())
            looked = look(request.home, request.city_called(one.city), one)
            gone |= looked.hashes
            is_read = gone & {file.sha256 for file in one.files} - set(before.gone)
            if is_read or set(looked.decisions) - set(before.decisions):
                left |= keep_rest(request.home, looked, gone=gone)
        # Answers of a system go together, and another period may name some of them.
        todo = [one for one in all_manifests(request.home) if gone & {file.sha256 for file in one.kept_files}]
    tables = {(city_id, request.city_called(city_id).sources[source].table) for city_id, source in plan.ids}
    note_gone(request.home, sorted({*gone, *left, *plan.old_files}), sorted(tables))
    remove_gone(request.home, all_manifests(request.home), also=left)
    for sha256 in plan.old_files:
        remove_object(request.home, sha256)
    for city_id, table in sorted(tables):
        discard_clean(request.home, city_id, table)


def _record(plan: Plan, number: int, now: datetime) -> Erasure:
    request, files_count = plan.request, len(plan.files) + len(plan.old_files)
    return Erasure(
        number,
        request.city_id,
        "request",
        request.table,
        now,
        request.by,
        request.ground,
        ids_count=plan.ids_count,
        rows_count=plan.rows_count,
        files_count=files_count,
    )
