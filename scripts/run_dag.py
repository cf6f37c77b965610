"""Run the real DAG of one city and period in this process: no server, a line per task, an exit code that tells.

    python scripts/run_dag.py [CITY] [PERIOD]

A year (2025) runs `annual_indicators`, a month (2025-03) `monthly_indicators`. Exit codes: 0 done, 1 unexpected fault,
2 wrong usage or settings, 3 data rejected, 4 source unavailable.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pluggy import HookimplMarker

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.sdk import DAG
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    from connectors.errors import ConfigError

REPOSITORY = Path(__file__).resolve().parents[1]
DAGS = REPOSITORY / "dags"
UNEXPECTED = 1

hookimpl = HookimplMarker("airflow")


def main() -> int:
    """Run what the command line asks for; gives the exit code."""
    # Last, so that an installed package or PYTHONPATH comes before this checkout.
    sys.path.append(str(REPOSITORY))
    from connectors.errors import TolokError
    from pipeline.periods import Period
    from pipeline.settings import Settings

    asked = _arguments()
    try:
        period = Period.parse(asked.period)
        home = Settings.from_environment().home / "airflow"
    except TolokError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    dag_id = "annual_indicators" if period.is_year else "monthly_indicators"
    return _run(dag_id, city=asked.city, period=period.label, home=home)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("city", nargs="?", default=os.environ.get("TOLOK_CITY") or "kota-contoh", metavar="CITY")
    parser.add_argument("period", nargs="?", default="2025", metavar="PERIOD")
    return parser.parse_args()


def _run(dag_id: str, *, city: str, period: str, home: Path) -> int:
    """The exit code of one run. Its metadata database is its own and goes with it; its log stays if it fails."""
    home.mkdir(parents=True, exist_ok=True)
    descriptor, log_path = tempfile.mkstemp(prefix=f"{dag_id}-{period}-", suffix=".log", dir=home)
    with tempfile.TemporaryDirectory(prefix="run-", dir=home) as own_home, _output_to(descriptor) as terminal:
        progress = Progress(terminal)
        progress.say(f"{dag_id} · {city} · {period}")
        _use_airflow_home(own_home)
        try:
            _run_in_airflow(dag_id, conf={"city": city, "period": period}, progress=progress)
        except Exception as error:
            sys.excepthook(type(error), error, error.__traceback__)
            progress.failed("airflow", error)
        exit_code = progress.conclude(log_path)
    if exit_code == 0:
        Path(log_path).unlink()
    return exit_code


class Progress:
    """Airflow's listener: a line per task as it ends, then the total and, in full, whatever went wrong."""

    def __init__(self, terminal: TextIO) -> None:
        self.terminal = terminal
        self.started = time.monotonic()
        self.task_started = self.started
        self.errors: list[tuple[str, BaseException | str]] = []

    @hookimpl
    def on_task_instance_running(self) -> None:
        self.task_started = time.monotonic()

    @hookimpl
    def on_task_instance_success(self, task_instance: RuntimeTaskInstance) -> None:
        self._task(task_instance, "selesai / done")

    @hookimpl
    def on_task_instance_skipped(self, task_instance: RuntimeTaskInstance) -> None:
        self._task(task_instance, "dilewati / skipped")

    @hookimpl
    def on_task_instance_failed(self, task_instance: RuntimeTaskInstance, error: BaseException | str | None) -> None:
        self._task(task_instance, "GAGAL / FAILED")
        self.failed(_name(task_instance), error or "?")

    def failed(self, name: str, error: BaseException | str) -> None:
        self.errors.append((name, error))

    def finish(self, run: DagRun, *, task_ids: list[str]) -> None:
        """Name the tasks that never ran; a run that is not green has at least one error."""
        stopped = {task.task_id for task in run.get_task_instances() if task.state == "upstream_failed"}
        if stopped:
            self.say(f"  tidak dijalankan / not run: {', '.join(name for name in task_ids if name in stopped)}")
        stored = run.get_task_instance("store")
        for line in (stored.xcom_pull(task_ids="store") or ()) if stored else ():
            self.say(f"  {line}")
        if run.state != "success" and not self.errors:
            self.failed("airflow", f"run {run.state}")

    def conclude(self, log_path: str) -> int:
        """Print the total and every error; the first error names the exit code."""
        self.say(f"{time.monotonic() - self.started:.1f} s")
        for name, error in self.errors:
            self.say(f"\n{name}: {_message(error)}")
        if self.errors:
            self.say(f"\nLog: {log_path}")
        return next((getattr(error, "exit_code", UNEXPECTED) for _, error in self.errors), 0)

    def say(self, line: str) -> None:
        self.terminal.write(f"{line}\n")
        self.terminal.flush()

    def _task(self, task_instance: RuntimeTaskInstance, outcome: str) -> None:
        self.say(f"  {_name(task_instance):<24} {outcome:<20} {time.monotonic() - self.task_started:6.1f} s")


def _name(task_instance: RuntimeTaskInstance) -> str:
    label = getattr(task_instance, "rendered_map_index", None)
    return f"{task_instance.task_id} {label}" if label else task_instance.task_id


def _message(error: BaseException | str) -> str:
    """A fault of ours in its own two languages; anything else with its type."""
    if isinstance(error, str) or hasattr(error, "exit_code"):
        return str(error)
    return f"{type(error).__name__}: {error}"


@contextmanager
def _output_to(descriptor: int) -> Iterator[TextIO]:
    """Send everything printed in the process, by any library, to a file; gives the terminal there was before."""
    saved = os.dup(1), os.dup(2)
    with os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace") as terminal:
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        try:
            yield terminal
        finally:
            sys.stdout.flush()
            os.dup2(saved[0], 1)
            os.dup2(saved[1], 2)


def _use_airflow_home(folder: str) -> None:
    """Point Airflow at `folder`, before its first import; a server's settings on this machine are not its own."""
    for name in [name for name in os.environ if name.startswith(("AIRFLOW__", "AIRFLOW_CONFIG"))]:
        if "__SECRETS__" not in name:
            del os.environ[name]
    os.environ |= {
        "AIRFLOW_HOME": folder,
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "GX_ANALYTICS_ENABLED": "False",
    }


def _run_in_airflow(dag_id: str, *, conf: dict[str, str], progress: Progress) -> None:
    from airflow.sdk.exceptions import ParamValidationError
    from airflow.sdk.listener import get_listener_manager
    from airflow.utils.db import initdb

    initdb()
    get_listener_manager().add_listener(progress)  # type: ignore[no-untyped-call]
    dag = _load(dag_id)
    try:
        progress.finish(dag.test(run_conf=conf), task_ids=dag.task_ids)
    except ParamValidationError as error:
        raise _wrong_input(error) from error


def _load(dag_id: str) -> DAG:
    from airflow.dag_processing.dagbag import BundleDagBag

    bag = BundleDagBag(DAGS, bundle_path=DAGS, bundle_name="dags-folder")
    if bag.import_errors:
        raise ImportError("\n".join(bag.import_errors.values()))
    dag: DAG = bag.dags[dag_id]
    # Whoever started this run is watching it: to be told "try again" beats waiting minutes for a retry.
    for task in dag.tasks:
        task.retries = 0
    return dag


def _wrong_input(error: Exception) -> ConfigError:
    from connectors.errors import ConfigError

    reason = str(error).splitlines()[0]
    return ConfigError(id=f"Isian formulir tidak sah: {reason}", en=f"The form is not filled in right: {reason}")


if __name__ == "__main__":
    sys.exit(main())
