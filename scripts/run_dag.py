"""Run the real DAG of one city and period in this process, without a server, and print a line per task.

    python scripts/run_dag.py [CITY] [PERIOD]

A year (2025) runs the city's DAG `CITY_annual`, a month (2025-03) `CITY_monthly`. Exit codes: 0 done, 1 unexpected
fault, 2 wrong usage or settings, 3 data rejected, 4 source unavailable.
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
    from pipeline.periods import Period

REPOSITORY = Path(__file__).resolve().parents[1]
DAGS = REPOSITORY / "dags"
UNEXPECTED = 1

hookimpl = HookimplMarker("airflow")


def main() -> int:
    """Run the DAG of the city and period on the command line; gives the exit code."""
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
    return _run(asked.city, period, home=home)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("city", nargs="?", default="kota-contoh", metavar="CITY")
    parser.add_argument("period", nargs="?", default="2025", metavar="PERIOD")
    return parser.parse_args()


def _run(city: str, period: Period, *, home: Path) -> int:
    """Run the city's DAG on a metadata database of its own; gives the exit code. A failed run keeps its log."""
    dag_id = f"{city}_{'annual' if period.is_year else 'monthly'}"
    home.mkdir(parents=True, exist_ok=True)
    descriptor, log_path = tempfile.mkstemp(prefix=f"{dag_id}-{period.label}-", suffix=".log", dir=home)
    with tempfile.TemporaryDirectory(prefix="run-", dir=home) as own_home, _output_to(descriptor) as terminal:
        listener = RunListener(terminal)
        listener.write(f"{dag_id} · {period.label}")
        _use_airflow_home(own_home)
        try:
            _run_in_airflow(dag_id, conf={"period": period.label}, listener=listener)
        except Exception as error:
            sys.excepthook(type(error), error, error.__traceback__)
            listener.add_error("airflow", error)
        exit_code = listener.conclude(log_path)
    if exit_code == 0:
        Path(log_path).unlink()
    return exit_code


class RunListener:
    """Airflow's listener, which prints a line per task as it ends, then the duration and every error."""

    def __init__(self, terminal: TextIO) -> None:
        self.terminal = terminal
        self.started = time.monotonic()
        self.task_started = self.started
        self.errors: list[tuple[str, BaseException | str]] = []

    @hookimpl
    def on_task_instance_running(self) -> None:
        """Start the task's clock."""
        self.task_started = time.monotonic()

    @hookimpl
    def on_task_instance_success(self, task_instance: RuntimeTaskInstance) -> None:
        """Print that the task is done."""
        self._task(task_instance, "selesai / done")

    @hookimpl
    def on_task_instance_skipped(self, task_instance: RuntimeTaskInstance) -> None:
        """Print that the task was skipped."""
        self._task(task_instance, "dilewati / skipped")

    @hookimpl
    def on_task_instance_failed(self, task_instance: RuntimeTaskInstance, error: BaseException | str | None) -> None:
        """Print that the task failed, and keep its error for the end."""
        self._task(task_instance, "GAGAL / FAILED")
        self.add_error(_name(task_instance), error or "?")

    def add_error(self, name: str, error: BaseException | str) -> None:
        """Keep an error for the end."""
        self.errors.append((name, error))

    def finish(self, run: DagRun, *, task_ids: list[str]) -> None:
        """Print the tasks that never ran and what was stored; a run that did not succeed has at least one error."""
        stopped = {task.task_id for task in run.get_task_instances() if task.state == "upstream_failed"}
        if stopped:
            self.write(f"  tidak dijalankan / not run: {', '.join(name for name in task_ids if name in stopped)}")
        stored = run.get_task_instance("store")
        for line in (stored.xcom_pull(task_ids="store") or ()) if stored else ():
            self.write(f"  {line}")
        if run.state != "success" and not self.errors:
            self.add_error("airflow", f"run {run.state}")

    def conclude(self, log_path: str) -> int:
        """Print the duration and every error; gives the exit code of the first error, 0 without one."""
        self.write(f"{time.monotonic() - self.started:.1f} s")
        for name, error in self.errors:
            self.write(f"\n{name}: {_message(error)}")
        if self.errors:
            self.write(f"\nLog: {log_path}")
        return next((getattr(error, "exit_code", UNEXPECTED) for _, error in self.errors), 0)

    def write(self, line: str) -> None:
        """Print a line at once."""
        self.terminal.write(f"{line}\n")
        self.terminal.flush()

    def _task(self, task_instance: RuntimeTaskInstance, outcome: str) -> None:
        self.write(f"  {_name(task_instance):<24} {outcome:<20} {time.monotonic() - self.task_started:6.1f} s")


def _name(task_instance: RuntimeTaskInstance) -> str:
    label = getattr(task_instance, "rendered_map_index", None)
    name = task_instance.task_id.replace(".", " ", 1)
    return f"{name} {label}" if label else name


def _message(error: BaseException | str) -> str:
    """A fault of ours in its own two languages; anything else with its type."""
    if isinstance(error, str) or hasattr(error, "exit_code"):
        return str(error)
    return f"{type(error).__name__}: {error}"


@contextmanager
def _output_to(descriptor: int) -> Iterator[TextIO]:
    """Send everything that any library prints to a file; gives the standard output there was before."""
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


def _run_in_airflow(dag_id: str, *, conf: dict[str, str], listener: RunListener) -> None:
    from airflow.sdk.exceptions import ParamValidationError
    from airflow.sdk.listener import get_listener_manager
    from airflow.utils.db import initdb

    initdb()
    get_listener_manager().add_listener(listener)  # type: ignore[no-untyped-call]
    dag = _load(dag_id)
    try:
        listener.finish(dag.test(run_conf=conf), task_ids=dag.task_ids)
    except ParamValidationError as error:
        raise _wrong_input(error) from error


def _load(dag_id: str) -> DAG:
    from airflow.dag_processing.dagbag import BundleDagBag

    bag = BundleDagBag(DAGS, bundle_path=DAGS, bundle_name="dags-folder")
    if bag.import_errors:
        raise ImportError("\n".join(bag.import_errors.values()))
    if dag_id not in bag.dags:
        raise _no_such_city(dag_id.rsplit("_", 1)[0])
    dag: DAG = bag.dags[dag_id]
    # A person waits for this run: an error at once is better than a retry minutes later.
    for task in dag.tasks:
        task.retries = 0
    return dag


def _no_such_city(city: str) -> Exception:
    from connectors.errors import ConfigError
    from pipeline.config.load import load_city
    from pipeline.settings import Settings

    try:
        load_city(Settings.from_environment().cities, city)
    except ConfigError as error:
        return error
    return LookupError(city)


def _wrong_input(error: Exception) -> ConfigError:
    from connectors.errors import ConfigError

    reason = str(error).splitlines()[0]
    return ConfigError(id=f"Isian formulir tidak sah: {reason}", en=f"The form is not filled in right: {reason}")


if __name__ == "__main__":
    sys.exit(main())
