"""The role that is the command line, as a container starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_the_role_tolok_is_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "tolok_password").write_text("5f1d0e7c9b5f1d0e7c9b5f1d0e7c9b", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "service.container", "tolok", "backfill", "--help"],
        env=os.environ | {"TOLOK_SECRETS": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "--airflow" in done.stdout
