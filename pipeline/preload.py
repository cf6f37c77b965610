"""What every step needs, loaded once in a process from which those of the tasks are forked."""

from __future__ import annotations


def preload() -> None:
    """Import the steps' libraries and prove the suites; a check of no rows makes Great Expectations load the rest."""
    import scipy.stats  # noqa: F401

    import pipeline.clean.dataset
    import pipeline.inputs
    import pipeline.judgement
    import pipeline.report.page
    import pipeline.steps
    import pipeline.store_request
    import pipeline.terms  # noqa: F401
    from pipeline.indicators.registry import INDICATORS  # noqa: F401
    from pipeline.tables import TABLES
    from pipeline.validate import suite_of, validate_results

    for name in TABLES:
        suite_of(name)
    validate_results([])
