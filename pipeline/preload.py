"""What every step needs, loaded once in a process from which those of the tasks are forked."""

from __future__ import annotations


def preload() -> None:
    """Import the steps' libraries, take the kernels from their cache and prove the suites.

    A check of no rows makes Great Expectations load the rest. A suite or a setting at fault is left to the
    task that needs it, which says what to mend; the scheduler goes on.
    """
    from contextlib import suppress

    import pyarrow.dataset  # noqa: F401

    import connectors.crosswalk  # noqa: F401
    import pipeline.clean.dataset
    import pipeline.inputs
    import pipeline.judgement
    import pipeline.report.page
    import pipeline.steps
    import pipeline.store_request
    import pipeline.terms  # noqa: F401
    from connectors.errors import TolokError
    from connectors.objects import load_client
    from kernels import compile_all
    from pipeline.indicators.registry import INDICATORS  # noqa: F401
    from pipeline.settings import Settings
    from pipeline.tables import TABLES
    from pipeline.validate import check_of_results, suite_of, validate

    compile_all()
    with suppress(TolokError):
        if url := Settings.from_environment().storage_url:
            load_client(url)
    for name in TABLES:
        with suppress(TolokError):
            suite_of(name)
    validate([check_of_results([])])
