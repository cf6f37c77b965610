"""The third step: clean tables against their suites, and the signs they show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from connectors.remarks import Remark
from pipeline.landing import Manifest
from pipeline.steps.environment import work_of
from pipeline.tables import TABLES
from pipeline.work import Work

if TYPE_CHECKING:
    from pipeline.signs import Read
    from pipeline.validate import Verdict


def validate(city_id: str, period: str) -> str:
    """Hold the clean tables against their suites; a critical failure raises `DataRejected`."""
    from pipeline.validate import refuse_unsound

    work = work_of(city_id, period)
    verdicts, remarks, tables = validated(work)
    work.write_verdicts("tables", verdicts)
    work.write_remarks(remarks)
    refuse_unsound(verdicts, tables=tables)
    return f"{city_id}/{period}/tables"


def validated(work: Work) -> tuple[list[Verdict], dict[str, list[Remark]], dict[str, Read]]:
    """Verdicts on clean tables and their signs, remarks by table, and what was read of each."""
    from pipeline.judgement import Judged
    from pipeline.validate import read_tables, validate

    datasets = {table: work.dataset(table) for table in TABLES if table not in work.expired}
    checks, tables = read_tables(
        datasets,
        period=work.period,
        zone=work.city.zone_info,
        sources={table: _sources_of_files(work.manifests(table)) for table in TABLES},
        names={file.file_id: file.name for manifest in work.all_manifests for file in manifest.files},
    )
    if not checks:
        return [], {}, tables
    signs = Judged.of_tables(tables, city=work.city, period=work.period)
    verdicts = validate([*checks, signs.check])
    said = {table: found.remarks for table, found in datasets.items()}
    return verdicts, signs.remarks(verdicts[-1], said=said), tables


def _sources_of_files(manifests: Sequence[Manifest]) -> dict[str, str]:
    """The source of each file id, or all of them where several read the same file."""
    found: dict[str, dict[str, None]] = {}
    for manifest in manifests:
        for file in manifest.files:
            found.setdefault(file.file_id, {})[manifest.source] = None
    return {file_id: ", ".join(names) for file_id, names in found.items()}
