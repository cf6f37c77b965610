"""Where the folders lie that ship beside the code (`sql`, `expectations` and `dags`), and which code it is.

`python -m pipeline.shipped dags` prints the folder to name as Airflow's `dags_folder`.
"""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from pathlib import Path


def shipped(name: str) -> Path:
    """The folder of this name: inside the installed package, else at the top of the checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "shipped_folders" / name
    return installed if installed.is_dir() else package.parent / name


@cache
def code_sha256(*patterns: str) -> str:
    """A hash of the code whose files fit patterns such as `connectors/**/*.py`."""
    root, digest = Path(__file__).resolve().parents[1], hashlib.sha256()
    for file in sorted({file for pattern in patterns for file in root.glob(pattern)}):
        digest.update(file.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.stdout.write(f"{shipped(sys.argv[1])}\n")
