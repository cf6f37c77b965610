"""A connector of another package: offered by an entry point, held to the standard suite from outside the project."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CONNECTOR = '''
"""A made-up desk with its own pages."""
from connectors.base import Connector, NotKept, frame_of
from connectors.http import Request
import json


class Desk(Connector):
    def pull(self, wire, window):
        number = 1
        while True:
            params = {"dari": str(int(window.start_at.timestamp())), "sampai": str(int(window.end_at.timestamp()))}
            request = Request("laporan", params={**params, "hal": str(number)},
                              secret_headers={"X-Kunci": wire.connection.password})
            rows = wire.ask(f"{window.start_at:%Y%m%d}-{number:04d}.json", request, read=lambda a: a.document()["data"])
            if not rows:
                return
            number += 1

    def rows(self, files, *, columns):
        for file in files:
            rows = json.loads(file.path.read_bytes())["data"]
            yield file, frame_of(rows, columns=columns)
'''

SUITE = """
from testing.cases import PERSON, SECRET, Case, FakeSystem, Reply
from testing.connector_suite import ConnectorSuite


class FakeDesk(FakeSystem):
    def answer(self, request, records):
        if request.headers.get("X-Kunci") != SECRET:
            return Reply({}, 401)
        first, last = int(request.params["dari"]), int(request.params["sampai"])
        within = [r for r in records if first <= r.at.timestamp() < last]
        page = within[10 * (int(request.params["hal"]) - 1):][:10]
        when = lambda moment: None if moment is None else str(int(moment.timestamp()))
        return Reply({"data": [{"no": r.record_id, "pelapor": PERSON, "masuk": when(r.at), "jawab": when(r.ended_at)}
                               for r in page]})


SETTINGS = {
    "table": "inquiries",
    "connector": "desk",
    "columns": {
        "inquiry_id": "no",
        "received_at": {"column": "masuk", "format": "epoch"},
        "responded_at": {"column": "jawab", "format": "epoch"},
    },
}


class TestDesk(ConnectorSuite):
    CASE = Case("desk", SETTINGS, FakeDesk(), page_size=10)
"""


def run_suite(folder: Path) -> subprocess.CompletedProcess[str]:
    """The suite in a folder that is no part of this project, which comes from the environment as installed."""
    package = folder / "meja_lain"
    metadata = folder / "meja_lain-1.0.dist-info"
    for path in (package, metadata):
        path.mkdir()
    (package / "__init__.py").write_text(CONNECTOR)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: meja-lain\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[tolok.connectors]\ndesk = meja_lain:Desk\n")
    (folder / "test_desk.py").write_text(SUITE)
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_desk.py"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_another_package_s_connector_is_found_and_its_faults_are_shown(tmp_path: Path) -> None:
    done = run_suite(tmp_path)
    failed = {line.split("::")[-1].split(" ")[0] for line in done.stdout.splitlines() if line.startswith("FAILED")}
    # It stops at the first empty page and does not notice a page that repeats: just what the suite is for.
    assert failed == {
        "test_an_empty_page_in_the_middle_hides_nothing_that_follows",
        "test_a_page_that_repeats_for_ever_is_read_once_or_refused",
    }, done.stdout
