"""Runs of an Airflow's DAGs over its REST API, by partition key, each under an id of our own."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from connectors.connection import ALLOWANCES, Connection, connection_from
from connectors.errors import ConfigError
from connectors.http import HttpClient, Limits, Request

CONNECTION = "tolok_airflow"
# 1, 2, 4 ... 32 seconds, then a minute each: long enough for a restart or an upgrade, ten minutes in all.
THROUGH_AN_OUTAGE = Limits(tries=16, longest_wait_seconds=60, answer_seconds=900)


class AirflowApi:
    """One Airflow, as the connection `tolok_airflow` names it: address, login and password.

    Until the first login it is asked as any system is; from then on an outage of ten minutes is waited through.
    """

    def __init__(self, connection: Connection | None = None) -> None:
        self._connection = connection or connection_from(CONNECTION)
        # It is the deployment's own, most often on this very machine.
        self._client = HttpClient(self._connection, allow=ALLOWANCES)
        self._token = ""

    def login(self) -> None:
        """Get a token for login and password, which serves for a day; before anything else."""
        secrets = {"username": self._connection.login, "password": self._connection.password}
        answer = self._client.ask(Request("auth/token", method="POST", secret_body=secrets)).document()
        if not isinstance(answer, dict) or "access_token" not in answer:
            name = self._connection.name
            raise ConfigError(
                id=f"Yang menjawab di koneksi '{name}' bukan Airflow. Periksa alamatnya.",
                en=f"What answers at the connection '{name}' is no Airflow. Check its address.",
            )
        self._token = str(answer["access_token"])
        self._client = HttpClient(self._connection, allow=ALLOWANCES, limits=THROUGH_AN_OUTAGE)

    def run_ids(self, dag_id: str, partition_key: str) -> dict[str, str]:
        """The state of each run of a DAG with this key, by run id, newest first."""
        path = f"dags/{quote(dag_id, safe='')}/dagRuns"
        found = self._ask("GET", path, params={"order_by": "-start_date", "limit": "500"})["dag_runs"]
        return {run["dag_run_id"]: run["state"] for run in found if run["partition_key"] == partition_key}

    def state(self, dag_id: str, run_id: str) -> str:
        """queued, running, success or failed."""
        return str(self._ask("GET", f"dags/{quote(dag_id, safe='')}/dagRuns/{quote(run_id, safe='')}")["state"])

    def trigger(self, dag_id: str, *, run_id: str, partition_key: str) -> None:
        """Start a run; one with this id that is there already, after an answer that got lost, is left alone."""
        body = {"dag_run_id": run_id, "partition_key": partition_key, "logical_date": None}
        try:
            self._ask("POST", f"dags/{quote(dag_id, safe='')}/dagRuns", body=body)
        except ConfigError:
            if run_id not in self.run_ids(dag_id, partition_key):
                raise

    def _ask(
        self, method: str, path: str, *, params: dict[str, str] | None = None, body: dict[str, Any] | None = None
    ) -> Any:  # noqa: ANN401 any JSON
        request = Request(
            f"api/v2/{path}",
            method=method,
            params=params or {},
            body=body,
            secret_headers={"Authorization": f"Bearer {self._token}"},
        )
        return self._client.ask(request).document()
