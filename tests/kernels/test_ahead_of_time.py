"""`python -m kernels` leaves nothing to be compiled by the runs that follow it, and never stands in their way."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

# The demo city's logs are not JSON.
COUNT_JSON = """
import sys
from pathlib import Path
from zoneinfo import ZoneInfo
from pipeline.access_log.count import LogFile, LogTerms, count_visits
line = '{"msec":"1735776000","remote_addr":"::1","request_method":"GET","request_uri":"/","status":200}'
log = Path(sys.argv[1])
log.write_text(f"{line}\\n" * 3)
count_visits([LogFile("log", log)], terms=LogTerms(ZoneInfo("Asia/Jakarta"), "portal"))
"""


def run(*arguments: str, folder: Path, **environment: str) -> str:
    """What a Python process prints, numba's report on its cache included."""
    settings = {"NUMBA_CACHE_DIR": str(folder / "cache"), "NUMBA_DEBUG_CACHE": "1", "TOLOK_HOME": str(folder / "home")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "TOLOK_CITIES": str(ROOT / "cities"), "TOLOK_WAREHOUSE": "", **settings, **environment},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def kernels_named(printed: str, pattern: str) -> set[str]:
    return {f"{module}.{name}" for module, name in re.findall(rf"{pattern}.*/(\w+)\.(\w+)-\d+\.py", printed)}


def test_after_compiling_ahead_of_time_no_run_compiles(tmp_path: Path) -> None:
    compiled = kernels_named(run("-m", "kernels", folder=tmp_path), "data saved to")
    declared = {
        f"{path.stem}.{name}"
        for path in (ROOT / "kernels").glob("*.py")
        for name in re.findall(r"\n@kernel\(.*?\)\ndef (\w+)\(", path.read_text(), re.DOTALL)
    }
    assert len(declared) > 15
    assert compiled == declared
    printed = run("-c", "from pipeline.cli import main; main()", "run", "kota-contoh", "2025", folder=tmp_path)
    printed += run("-c", COUNT_JSON, str(tmp_path / "log"), folder=tmp_path)
    assert kernels_named(printed, "data saved to") == set()
    assert kernels_named(printed, "data loaded from") == declared


def test_where_no_cache_folder_can_be_written_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    nowhere = {
        "NUMBA_CACHE_DIR": str(tmp_path / "file" / "cache"),
        "NUMBA_CACHE_LOCATOR_CLASSES": "numba.core.caching._UserProvidedCacheLocator",
    }
    printed = run("-m", "kernels", folder=tmp_path, **nowhere)
    assert printed.count("\n") == 1
    assert "not compiled ahead of time" in printed
