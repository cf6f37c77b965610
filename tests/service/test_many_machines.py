"""A service that hands its tasks to workers on other machines: what each machine must be told, and is told on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import ConfigError
from service import service as control
from service.airflow_settings import celery_environment
from service.settings import ServiceSettings
from tests.service.own_service import service_settings

BROKER, METADATA, WAREHOUSE = "redis://:kata@redis/0", "postgresql://a:b@db/airflow", "postgresql://t:b@db/tolok"
SHARED = {"TOLOK_METADATA": METADATA, "TOLOK_WAREHOUSE": WAREHOUSE}


@pytest.mark.parametrize("missing", SHARED)
def test_a_broker_without_databases_that_all_machines_reach_is_refused(tmp_path: Path, missing: str) -> None:
    told = {"TOLOK_HOME": str(tmp_path), "TOLOK_BROKER": BROKER, **SHARED, missing: ""}
    with pytest.raises(ConfigError, match=missing) as caught:
        ServiceSettings.from_environment(told)
    assert "semua mesin" in caught.value.id
    assert BROKER not in str(caught.value)


def test_a_worker_without_a_broker_is_refused_with_the_setting_that_it_needs(tmp_path: Path) -> None:
    with service_settings(tmp_path) as alone, pytest.raises(ConfigError, match="TOLOK_BROKER"):
        control.run_worker(alone)


@pytest.mark.parametrize("start", [control.run, control.run_worker], ids=["service", "worker"])
def test_a_storage_whose_client_is_not_installed_is_refused_before_anything_starts(
    start: Callable[[ServiceSettings], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delattr(control.Secrets, "of")  # The first that a start needs.
    told = {"TOLOK_HOME": "s3://ember/tolok", "TOLOK_SERVICE": str(tmp_path / "own"), "TOLOK_BROKER": BROKER, **SHARED}
    service = ServiceSettings.from_environment(told)
    with pytest.raises(ConfigError, match=r"TOLOK_HOME: .*--constraint requirements\.lock s3fs") as caught:
        start(service)
    assert "di setiap mesin" in caught.value.id
    assert not service.folder.exists()


def test_every_process_is_told_the_storage_and_this_machines_mirror(tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    told = {"TOLOK_HOME": "s3://ember/tolok", "TOLOK_MIRROR": str(mirror), "TOLOK_WAREHOUSE": WAREHOUSE}
    service = ServiceSettings.from_environment(told)
    service.folder.mkdir(parents=True)
    service.logins_file.write_text('{"admin": "kata"}', "utf-8")
    passed_on = control.tolok_environment(service, WAREHOUSE)
    assert {name: passed_on[name] for name in told} == told


def test_what_a_queue_lost_is_missed_within_two_minutes_unless_the_operator_says_otherwise() -> None:
    def seconds(environment: dict[str, str]) -> float:
        made: dict[str, Any] = celery_environment(environment, broker_url=BROKER, metadata_url=METADATA)
        names = ("TASK_QUEUED_TIMEOUT", "TASK_QUEUED_TIMEOUT_CHECK_INTERVAL")
        return sum(float(made[f"AIRFLOW__SCHEDULER__{name}"]) for name in names)

    assert seconds({}) < 120
    assert seconds({"AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "600"}) > 600
