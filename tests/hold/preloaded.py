"""What every command needs, imported once in the process from which all are forked."""

from __future__ import annotations

import pipeline.city_status
import pipeline.cli
import pipeline.dashboards
import pipeline.reporting
import pipeline.verifying  # noqa: F401
from pipeline.preload import preload

preload()
