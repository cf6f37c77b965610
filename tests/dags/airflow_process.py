"""Real Airflow processes, each with an AIRFLOW_HOME of its own, and a checkout whose steps only name their calls."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 180

STUB_STEPS = '''"""Stand-in steps: each writes its call down; `FAULTS` names the step or call that raises, and what."""

import json
import os
from pathlib import Path

from connectors import errors

FAULTS = json.loads(os.environ["FAULTS"])


def _call(step, *arguments):
    call = " ".join([step, *arguments])
    with (Path(os.environ["TOLOK_HOME"]) / "calls").open("a") as calls:
        calls.write(call + "\\n")
    for name in {step, call} & set(FAULTS):
        raise getattr(errors, FAULTS[name])(id=f"{step} ditolak", en=f"{step} was rejected")
    return "/".join(arguments)


def resolve(city_id, *, partition_key, conf, is_year):
    from pipeline.config.load import load_city
    from pipeline.periods import period_of_run
    from pipeline.settings import Settings

    load_city(Settings.from_environment().cities, city_id)
    return period_of_run(partition_key=partition_key, conf=conf, is_year=is_year).label


def may_start(city_id, period, *, holder, is_active, due_at):
    return True


def needs(city_id, source, period):
    return source in json.loads(os.environ["SOURCES"])


def connection(city_id, source):
    return os.environ.get("CONNECTION")


def connections(city_id):
    return [os.environ["CONNECTION"]]


def periods_done(city_id, periods):
    return frozenset()


def year_to_restate(city_id, now):
    return 2025


def versions(city_id):
    return {("2025", "it_downtime"): 1}


def run(city_id, period, *, progress, with_overviews):
    return [fetch(city_id, "all", period, progress=progress)]


def measured(city_id, periods):
    return list(periods)


def fetch(city_id, source, period, *, progress):
    if os.environ.get("CONNECTION"):
        from connectors.connection import connection_from

        found = connection_from(os.environ["CONNECTION"])
        return _call("fetch", city_id, source, period, found.base_url, str(len(found.password)))
    return _call("fetch", city_id, source, period)


def clean(city_id, table, period, *, progress):
    return _call("clean", city_id, table, period)


def validate(city_id, period):
    return _call("validate", city_id, period)


def measure(city_id, period):
    return _call("measure", city_id, period)


def store(city_id, period):
    return [_call("store", city_id, period)]


def report(city_id, period):
    return _call("report", city_id, period)


def status(city_id, *, now):
    pass


def write_overviews(city_id):
    pass


def conclude(city_id, period, *, with_overviews=True):
    from pipeline.failures import forget_failures

    _call("conclude", city_id, period)
    forget_failures(city_id, period)
    return period
'''


@dataclass(frozen=True)
class Run:
    """What a command printed, the code it ended with, and the steps it called, in order."""

    code: int
    output: str
    calls: list[str]
    home: Path


@dataclass(frozen=True)
class Checkout:
    """A copy of the project in a folder whose name has spaces, with stand-in steps."""

    root: Path

    def run(
        self,
        *command: str,
        faults: dict[str, str] | None = None,
        sources: tuple[str, ...] = ("matomo", "upik"),
        more: dict[str, str] | None = None,
    ) -> Run:
        """Run a command with a data folder of its own; `faults` names the steps that raise, and what."""
        home = Path(tempfile.mkdtemp(prefix="data folder ", dir=self.root))
        environment = airflow_environment(self.root) | {
            "AIRFLOW_HOME": str(home / "own airflow"),
            "TOLOK_HOME": str(home),
            "FAULTS": json.dumps(faults or {}),
            "SOURCES": json.dumps(sources),
            **(more or {}),
        }
        done = run_process(*command, cwd=self.root, environment=environment)
        calls = home / "calls"
        called = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
        return Run(done.returncode, done.stdout + done.stderr, called, home)


def airflow_environment(root: Path) -> dict[str, str]:
    """This process's environment without its Airflow or Tolok settings, for the project in `root`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "TOLOK"))}
    return own | {
        "PYTHONPATH": str(root),
        "AIRFLOW__CORE__DAGS_FOLDER": str(root / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }


def run_process(*command: str, cwd: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command with this environment and no other; it is ended after three minutes."""
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )
