"""Every table of the warehouse with types, keys, checks and meaning: what migrations must amount to.

A comment describes each table and column; PostgreSQL shows them, and `docs/data-dictionary.md` lists them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect


class Utc(sa.types.TypeDecorator[datetime]):
    """A moment in UTC: `timestamptz` in PostgreSQL, ISO 8601 text in SQLite; naive values are refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """The type as the database has it."""
        return dialect.type_descriptor(sa.String() if dialect.name == "sqlite" else sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401 str or datetime
        """The value as the driver takes it; `ValueError` without a time zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        moment = value.astimezone(UTC)
        return moment.isoformat(timespec="microseconds") if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401, ARG002
        """The moment in UTC, from what the driver gives."""
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC)


# What is shown for a moment that nobody can read any more.
UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)


class UtcOrUnknown(Utc):
    """The same, where a text that is no moment is read as one long ago: what it belongs to can be mended by a run."""

    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401
        """The moment in UTC, or `UNKNOWN`."""
        try:
            return super().process_result_value(value, dialect)
        except ValueError:
            return UNKNOWN


METADATA = sa.MetaData()
KEY = ("city_id", "indicator_id", "period", "version")

_key = partial(sa.Column, primary_key=True)
_required = partial(sa.Column, nullable=False)
_optional = partial(sa.Column, nullable=True)


def _table(name: str, *items: sa.schema.SchemaItem, comment: str) -> sa.Table:
    return sa.Table(name, METADATA, *items, comment=comment)


def _city_key(*references: sa.ForeignKey) -> sa.Column[str]:
    return _key("city_id", sa.Text, *references, comment="id of the city, the name of its YAML")


def _result_key(*references: sa.ForeignKey) -> tuple[sa.Column[Any], ...]:
    return (
        _city_key(*references),
        _key("indicator_id", sa.Text, comment="id of the indicator, such as it_downtime"),
        _key("period", sa.Text, comment="year, month or months in the city's zone: 2025, 2025-03 or 2025-01..2025-06"),
        _key("version", sa.Integer, comment="1 for the first computation, one more for each change"),
    )


def _part_of_result() -> tuple[sa.Column[Any] | sa.ForeignKeyConstraint, ...]:
    return (*_result_key(), sa.ForeignKeyConstraint(KEY, [f"result.{name}" for name in KEY]))


def _quotient() -> tuple[sa.Column[Any], ...]:
    return (
        _optional("value", sa.Double, comment="numerator over denominator, scaled to the unit; null if not computable"),
        _optional("numerator", sa.Double, comment="what is divided"),
        _optional("denominator", sa.Double, comment="what it is divided by"),
        _required("unit", sa.Text, comment="unit of the value"),
    )


def _run_key() -> sa.Column[str]:
    return _key("run_id", sa.Text, sa.ForeignKey("run.run_id"), comment="the run")


CITY = _table(
    "city",
    _city_key(),
    _required("name", sa.Text, comment="name as shown on reports"),
    _required("zone", sa.Text, comment="time zone, such as Asia/Jakarta"),
    _required("region_code", sa.Text, comment="authority:code, such as kemendagri:32.73"),
    _required(
        "smallest_group",
        sa.Integer,
        server_default="5",
        comment="rows that a member of citizens' records needs to be told of alone where results are published",
    ),
    comment="one row per city, as its YAML describes it at the latest run",
)
POPULATION = _table(
    "population",
    _city_key(sa.ForeignKey("city.city_id")),
    _key("region_code", sa.Text, comment="authority:code of the region counted"),
    _key("reference_on", sa.Date, comment="day the figure refers to"),
    _key("source", sa.Text, comment="who counted"),
    _required("population_count", sa.BigInteger, comment="inhabitants"),
    comment="one row per city, region, reference day and source: the latest figure used",
)
RUN = _table(
    "run",
    sa.Column("run_id", sa.Text, primary_key=True, comment="random id of the run"),
    _required("city_id", sa.Text, sa.ForeignKey("city.city_id"), comment="id of the city"),
    _required("period", sa.Text, comment="period computed"),
    _required("finished_at", Utc, comment="when its results were stored"),
    comment="one row per run that stored a new version of at least one result",
)
SOURCE_FILE = _table(
    "source_file",
    _city_key(sa.ForeignKey("city.city_id")),
    _key("source", sa.Text, comment="name of the source in the city's YAML"),
    _key("sha256", sa.Text, comment="hash of the raw bytes"),
    _required("file_id", sa.Text, comment="first 16 hex digits of the hash, as in the clean tables"),
    _required("name", sa.Text, comment="file name as it came"),
    _required("size_bytes", sa.BigInteger, comment="size in bytes"),
    _required("landed_at", Utc, comment="when it was copied to the landing"),
    _required("owner", sa.Text, comment="owner of the data"),
    _required("licence", sa.Text, comment="licence of the data"),
    comment="one row per raw file of a source that a result was computed from",
)
VALIDATION = _table(
    "validation",
    _run_key(),
    _key("subject", sa.Text, comment="what was validated: a clean table, rows or results"),
    _key("rule_id", sa.Text, comment="the rule, as in the suite"),
    _required("severity", sa.Text, comment="critical or warning"),
    _required("is_met", sa.Boolean, comment="whether the rule held"),
    _required("way", sa.Text, comment="whether every row or a sample was checked"),
    _required("checked_rows", sa.BigInteger, comment="rows the rule was held against"),
    _required("unexpected_count", sa.BigInteger, comment="rows that broke it"),
    comment="one row per run and validation rule",
)
QUARANTINE = _table(
    "quarantine_summary",
    _run_key(),
    _key("table_name", sa.Text, comment="the clean table"),
    _key("reason", sa.Text, comment="reason code of the quarantine"),
    _required("rows_count", sa.BigInteger, comment="rows quarantined for this reason"),
    comment="one row per run, clean table and quarantine reason",
)
RESULT = _table(
    "result",
    *_result_key(sa.ForeignKey("city.city_id")),
    *_quotient(),
    _required("status", sa.Text, comment="final, provisional or not_computable"),
    _optional("reason", sa.Text, comment="why there is no value, or why it is provisional; null for a final one"),
    _optional("coverage_pct", sa.Double, comment="days or agencies expected that the sources cover, in percent"),
    _optional("median", sa.Double, comment="median in the unit of the value, for durations"),
    _optional("p90", sa.Double, comment="90th percentile in the unit of the value, for durations"),
    _optional("observations_count", sa.BigInteger, comment="durations that median and p90 rest on"),
    _required("rows_read", sa.BigInteger, comment="rows read: used, excluded and quarantined together"),
    _required("rows_used", sa.BigInteger, comment="rows that the value rests on"),
    _required("rows_excluded", sa.BigInteger, comment="sound rows that a named rule leaves out"),
    _required("rows_quarantined", sa.BigInteger, comment="rows that are not sound"),
    _required("method_version", sa.Text, comment="version of the indicator's written rule"),
    _required("inputs_sha256", sa.Text, comment="hash of the rows and terms the result depends on"),
    _required("run_id", sa.Text, sa.ForeignKey("run.run_id"), comment="run that stored this version"),
    _required("computed_at", Utc, comment="when this version was computed"),
    _required("change_reason", sa.Text, comment="why this version differs from the one before"),
    sa.CheckConstraint("version >= 1"),
    sa.CheckConstraint("status IN ('final', 'provisional', 'not_computable')"),
    sa.CheckConstraint("rows_read = rows_used + rows_excluded + rows_quarantined"),
    comment="one row per version of an indicator's result for a city and period; never changed once written",
)
ROWS = _table(
    "result_rows",
    *_part_of_result(),
    _key("outcome", sa.Text, comment="excluded or quarantined"),
    _key("rule", sa.Text, comment="rule that excludes, or reason of the quarantine"),
    _required("rows_count", sa.BigInteger, comment="rows it applies to"),
    sa.CheckConstraint("outcome IN ('excluded', 'quarantined')"),
    comment="one row per result version and rule by which rows were not used",
)
VARIANT = _table(
    "result_variant",
    *_part_of_result(),
    _key("variant", sa.Text, comment="name of the variant"),
    *_quotient(),
    _optional("reason", sa.Text, comment="why there is no value; null when there is one"),
    comment="one row per result version and variant of its headline",
)
BREAKDOWN = _table(
    "result_breakdown",
    *_part_of_result(),
    _key("dimension", sa.Text, comment="what is broken down by, such as agency"),
    _key("member", sa.Text, comment="one member of the dimension"),
    *_quotient(),
    comment="one row per result version, dimension and member",
)
REMARK = _table(
    "result_remark",
    *_part_of_result(),
    _key("place", sa.Integer, comment="place among the remarks of the result, from 1"),
    _required("code", sa.Text, comment="kind of the remark, such as coverage"),
    _required("text_id", sa.Text, comment="the remark in Bahasa Indonesia"),
    _required("text_en", sa.Text, comment="the remark in English"),
    _required("keeps_provisional", sa.Boolean, comment="whether it keeps the result from being final"),
    _optional("found_in", sa.Text, comment="source, table or result in which a sign was found; null for other remarks"),
    _optional("found_value", sa.Double, comment="how much the sign found, in its unit; null where texts withhold it"),
    _optional("found_dates", sa.Text, comment="months or days that the sign names, parted by spaces; null without any"),
    _optional("explanation", sa.Text, comment="the city's words for what the sign found; null without any"),
    comment="one row per result version and remark: why it is provisional, and what else a reader should know",
)
RESULT_POPULATION = _table(
    "result_population",
    *_part_of_result(),
    _required("region_code", sa.Text, comment="authority:code of the region counted"),
    _required("reference_on", sa.Date, comment="day the figure refers to"),
    _required("source", sa.Text, comment="who counted"),
    _required("population_count", sa.BigInteger, comment="inhabitants"),
    comment="one row per result version that was divided by a population: the figure as it stood",
)
RESULT_SOURCE = _table(
    "result_source",
    *_part_of_result(),
    _key("source", sa.Text, comment="name of the source in the city's YAML"),
    _key("sha256", sa.Text, comment="hash of the raw file"),
    sa.ForeignKeyConstraint(
        ("city_id", "source", "sha256"), ("source_file.city_id", "source_file.source", "source_file.sha256")
    ),
    comment="one row per result version and raw file it was computed from",
)
SEAL = _table(
    "result_seal",
    *_part_of_result(),
    _required("rows_sha256", sa.Text, comment="hash of all rows of the version and of former_sha256"),
    _required("former_sha256", sa.Text, comment="hash of all versions before it as they stood; empty for the first"),
    comment="one row per result version: by it tolok verify sees a version that was altered after it was written",
)
CLOSING = _table(
    "closing",
    _city_key(sa.ForeignKey("city.city_id")),
    _key("period", sa.Text, comment="the year that was closed, or the year or month of it that was corrected"),
    _key("place", sa.Integer, comment="place among what was done to the period, from 1"),
    _required("action", sa.Text, comment="closed or corrected"),
    _required("done_at", Utc, comment="when it was done"),
    _required("done_by", sa.Text, comment="who did it: as given, else the account of the operating system"),
    _optional("reason", sa.Text, comment="why it was corrected, in that person's words"),
    sa.CheckConstraint("action IN ('closed', 'corrected')"),
    sa.CheckConstraint("action = 'closed' OR reason IS NOT NULL"),
    comment="one row per closing of a year and per correction of a closed year or of its months; never changed",
)
ERASURE = _table(
    "erasure",
    sa.Column("decision", sa.Integer, primary_key=True, autoincrement=False, comment="number of the decision, from 1"),
    _required("city_id", sa.Text, sa.ForeignKey("city.city_id"), comment="id of the city"),
    _required("kind", sa.Text, comment="request of a person, or retention as the city's settings declare it"),
    _required("table_name", sa.Text, comment="the clean table whose rows and raw files it is about"),
    _required("decided_at", Utc, comment="when it was decided"),
    _required("decided_by", sa.Text, comment="who decided: as given, else the account of the operating system"),
    _required("ground", sa.Text, comment="on what ground, in that person's words; for retention the months declared"),
    _required("ids_count", sa.BigInteger, comment="ids that were asked for; 0 for retention"),
    _required("rows_count", sa.BigInteger, comment="rows of raw files that were erased, each file's once"),
    _required("files_count", sa.BigInteger, comment="raw files that are gone for it"),
    _optional("finished_at", Utc, comment="when all of it was gone; null while it is under way or was broken off"),
    sa.CheckConstraint("kind IN ('request', 'retention')"),
    comment="one row per decision to erase; never the person's data",
)
PENDING = _table(
    "pending_result",
    *_result_key(sa.ForeignKey("city.city_id"))[:-1],
    _required("version", sa.Integer, comment="the version that stands; 0 when there is none"),
    *_quotient(),
    _required("status", sa.Text, comment="final, provisional or not_computable"),
    _optional("reason", sa.Text, comment="why there is no value, or why it is provisional; null for a final one"),
    _required("method_version", sa.Text, comment="version of the indicator's written rule"),
    _required("inputs_sha256", sa.Text, comment="hash of the rows and terms the result depends on"),
    _required("found_at", Utc, comment="when it was computed"),
    _required("change_reason", sa.Text, comment="why it differs from the version that stands"),
    sa.CheckConstraint("status IN ('final', 'provisional', 'not_computable')"),
    comment="one row per result of a closed period that its latest run would have changed; gone once it is corrected",
)
TARGET = _table(
    "target",
    _city_key(sa.ForeignKey("city.city_id")),
    _key("indicator_id", sa.Text, comment="id of the indicator"),
    _key("year", sa.Integer, comment="calendar year of the last day, or in which a target is to be reached"),
    _required("target_value", sa.Double, comment="value to reach, in the unit of the indicator"),
    _required("direction", sa.Text, comment="at_least or at_most: on which side of the target a value is good"),
    _required("source", sa.Text, comment="document that sets it, such as the RPJMD"),
    sa.CheckConstraint("direction IN ('at_least', 'at_most')"),
    comment="one row per city, indicator and year with a target, as the city's settings last said",
)
_READINESS_KEY = ("city_id", "year", "indicator_id", "theme", "answered_on")


def _readiness_key(*references: sa.ForeignKey) -> tuple[sa.Column[Any], ...]:
    return (
        _city_key(*references),
        _key("year", sa.Integer, comment="year that the answer is about"),
        _key("indicator_id", sa.Text, comment="id of the indicator"),
        _key("theme", sa.Integer, comment="theme of the questionnaire, 1 to 9"),
        _key("answered_on", sa.Date, comment="day of the check that found it so first"),
    )


READINESS_ANSWER = _table(
    "readiness_answer",
    *_readiness_key(sa.ForeignKey("city.city_id")),
    _required("state", sa.Text, comment="proven or unproven for a yes, no, or missing"),
    _required("responsible_unit", sa.Text, comment="unit responsible, as the form names it; empty where it names none"),
    sa.CheckConstraint("theme BETWEEN 1 AND 9"),
    sa.CheckConstraint("state IN ('proven', 'unproven', 'no', 'missing')"),
    comment="one row per city, year, question of the readiness check and day on which its answer or evidence changed",
)
READINESS_EVIDENCE = _table(
    "readiness_evidence",
    *_readiness_key(),
    _key("sha256", sa.Text, comment="hash of the document, or of what Tolok's own evidence rests on"),
    _required("title", sa.Text, comment="path of the document in the folder of evidence"),
    _required("kind", sa.Text, comment="kind of file, such as pdf; tolok for Tolok's own evidence"),
    _required(
        "state", sa.Text, comment="sound, expired, not_yet_dated, encrypted, broken or beyond_limits; sound ones count"
    ),
    _optional("dated_on", sa.Date, comment="date of the document, where the form states it"),
    _optional("valid_until_on", sa.Date, comment="last day on which it is valid, where the form states it"),
    sa.ForeignKeyConstraint(_READINESS_KEY, [f"readiness_answer.{name}" for name in _READINESS_KEY]),
    comment="one row per stored answer and document that supports it; the document itself is never in the warehouse",
)
RUN_FAILURE = _table(
    "run_failure",
    _city_key(),
    _key("period", sa.Text, comment="year or month of the run, or daily for the collecting of each night"),
    _key("step", sa.Text, comment="where it failed, such as fetch.portal"),
    _required("text_id", sa.Text, comment="the reason and what to do, in Bahasa Indonesia"),
    _required("text_en", sa.Text, comment="the reason and what to do, in English"),
    _optional("link", sa.Text, comment="address of the log, where there is one"),
    _required("failed_at", Utc, comment="when it failed last"),
    comment="one row per city, period and step that failed and was not run well since",
)
NOTIFICATION = _table(
    "notification",
    _city_key(),
    _key("recipient", sa.Text, comment="connection over which people were told"),
    _key("kind", sa.Text, comment="kind of the condition, such as run_failed"),
    _key("subject", sa.Text, comment="what tells the condition from others of its kind"),
    _required("about", sa.Text, comment="what it was about, as people were told"),
    _required("told_at", Utc, comment="when they were told"),
    _optional("cleared_at", Utc, comment="when they were told that it is well again; null while it is not"),
    comment="one row per city, recipient and condition: what people were told last",
)
INDICATOR_DEFINITION = _table(
    "indicator_definition",
    _key("indicator_id", sa.Text, comment="id of the indicator, such as it_downtime"),
    _required("clause", sa.Text, comment="clause of SNI ISO 37122:2019, such as 10.1"),
    _required("name_id", sa.Text, comment="name of the indicator in Bahasa Indonesia"),
    _required("name_en", sa.Text, comment="name of the indicator in English"),
    _required("short_id", sa.Text, comment="short name of the indicator in Bahasa Indonesia"),
    _required("short_en", sa.Text, comment="short name of the indicator in English"),
    _required("unit", sa.Text, comment="unit of the value"),
    _required("unit_id", sa.Text, comment="unit of the value in Bahasa Indonesia"),
    _required("better", sa.Text, comment="higher or lower: the direction in which a city improves"),
    _required("is_sum", sa.Boolean, comment="whether a value grows with the length of its period"),
    _required("method_version", sa.Text, comment="version of the indicator's written rule"),
    _required("rule_id", sa.Text, comment="the written rule in Bahasa Indonesia"),
    _required("rule_en", sa.Text, comment="the written rule in English"),
    _required("reading_id", sa.Text, comment="how to read the value, in Bahasa Indonesia"),
    _required("reading_en", sa.Text, comment="how to read the value, in English"),
    sa.CheckConstraint("better IN ('higher', 'lower')"),
    comment="one row per indicator that this version of Tolok defines; filled when the views are laid",
)
VARIANT_DEFINITION = _table(
    "variant_definition",
    _key("indicator_id", sa.Text, sa.ForeignKey("indicator_definition.indicator_id"), comment="id of the indicator"),
    _key("variant_like", sa.Text, comment="name of the variant, as a pattern of LIKE"),
    _required("text_id", sa.Text, comment="how it differs from the headline, in Bahasa Indonesia"),
    _required("text_en", sa.Text, comment="how it differs from the headline, in English"),
    comment="one row per indicator and variant of its headline; filled when the views are laid",
)
CALENDAR_PERIOD = _table(
    "calendar_period",
    _key("period", sa.Text, comment="year, month or months in the city's zone: 2025, 2025-03 or 2025-01..2025-06"),
    _required("period_kind", sa.Text, comment="year, month or months"),
    _required("period_start", sa.Date, comment="first day of the period"),
    _required("period_end", sa.Date, comment="last day of the period"),
    _required("year", sa.Integer, comment="calendar year of its last day"),
    _required("months_count", sa.Integer, comment="how many months it has"),
    _required("year_before", sa.Text, comment="the same period a year before"),
    sa.CheckConstraint("period_kind IN ('year', 'month', 'months')"),
    comment="one row per period that a result was ever stored for: where it lies in the calendar",
)
VIEW_VERSION = _table(
    "view_version",
    _key("sha256", sa.Text, comment="hash of the text of all views and comments"),
    comment="one row: which text of views and comments the warehouse holds",
)
