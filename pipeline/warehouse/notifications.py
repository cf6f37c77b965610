"""What failed and was not run well since, and what people were told: so that they are told once, and of the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from pipeline.warehouse.engine import make_engine, reachable, upsert, writing
from pipeline.warehouse.migrations import migrate
from pipeline.warehouse.model import NOTIFICATION, RUN_FAILURE

ConditionKey = tuple[str, str]


@dataclass(frozen=True)
class RunFailure:
    """A step of a city's period that failed: why and what to do in both languages, and where its log is."""

    city_id: str
    period: str
    step: str
    text_id: str
    text_en: str
    link: str | None
    failed_at: datetime


class Notifications:
    """Failures and notifications in the warehouse of a URL, brought to this version; raises as `Warehouse` does."""

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url)
        migrate(self._engine)

    def failures(self, city_id: str) -> list[RunFailure]:
        """What failed and was not run well since, by period and step."""
        query = sa.select(RUN_FAILURE).where(RUN_FAILURE.c.city_id == city_id)
        with reachable(self._engine) as connection:
            found = [RunFailure(**row) for row in connection.execute(query).mappings()]
        return sorted(found, key=lambda failure: (failure.period, failure.step))

    def add_failure(self, failure: RunFailure) -> None:
        """Keep a failure in place of the same step's former one."""
        with writing(self._engine) as connection:
            upsert(connection, RUN_FAILURE, [asdict(failure)])

    def remove_failures(self, city_id: str, period: str) -> None:
        """Forget those of a period, which was run well."""
        where = (RUN_FAILURE.c.city_id == city_id, RUN_FAILURE.c.period == period)
        with reachable(self._engine) as connection:
            is_there = connection.execute(sa.select(RUN_FAILURE.c.step).where(*where).limit(1)).first()
        if is_there:
            with writing(self._engine) as connection:
                connection.execute(sa.delete(RUN_FAILURE).where(*where))

    def open(self, city_id: str, recipient: str) -> dict[ConditionKey, str]:
        """Of what a recipient was told and not yet that it is over: what it was about, by kind and subject."""
        query = sa.select(NOTIFICATION).where(
            NOTIFICATION.c.city_id == city_id,
            NOTIFICATION.c.recipient == recipient,
            NOTIFICATION.c.cleared_at.is_(None),
        )
        with reachable(self._engine) as connection:
            rows = connection.execute(query).mappings().all()
        return {(row["kind"], row["subject"]): row["about"] for row in rows}

    def note(
        self,
        city_id: str,
        recipient: str,
        *,
        told: Mapping[ConditionKey, str],
        cleared: Iterable[ConditionKey],
        now: datetime,
    ) -> None:
        """Keep what one message told, in one transaction: what is new with what it is about, and what is over."""
        whose = {"city_id": city_id, "recipient": recipient, "told_at": now}
        rows = [{**whose, "kind": kind, "subject": subject, "about": about} for (kind, subject), about in told.items()]
        with writing(self._engine) as connection:
            upsert(connection, NOTIFICATION, rows)
            for kind, subject in cleared:
                connection.execute(
                    sa.update(NOTIFICATION)
                    .where(NOTIFICATION.c.city_id == city_id, NOTIFICATION.c.recipient == recipient)
                    .where(NOTIFICATION.c.kind == kind, NOTIFICATION.c.subject == subject)
                    .values(cleared_at=now)
                )
