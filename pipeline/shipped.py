"""Where the folders lie that ship beside the code: `sql`, `expectations` and `dags`.

`python -m pipeline.shipped dags` prints the folder to name as Airflow's `dags_folder`.
"""

from __future__ import annotations

import sys
from pathlib import Path


def shipped(name: str) -> Path:
    """The folder of this name: inside the installed package, else at the top of the checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "shipped_folders" / name
    return installed if installed.is_dir() else package.parent / name


if __name__ == "__main__":
    sys.stdout.write(f"{shipped(sys.argv[1])}\n")
