"""Signs that a file is not what it seems: counts and shares of clean rows and of results, judged by rules elsewhere.

Each sign is a column of one of two small frames and has a limit of its own. `of_tables` gives a row per source, per
table and per quarantine reason; `of_results` one per indicator and per dimension of its breakdown. A sign that does not
apply, or has too few rows to mean anything, is null and breaks no rule.
"""

from pipeline.signs.catalogue import FRAMES
from pipeline.signs.fates import Fates, Read
from pipeline.signs.results import of_results
from pipeline.signs.sign import MANY_ROWS, Sign
from pipeline.signs.tables import of_tables

__all__ = ["FRAMES", "MANY_ROWS", "Fates", "Read", "Sign", "of_results", "of_tables"]
