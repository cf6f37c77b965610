"""`python -m kernels` leaves nothing to be compiled by the runs that follow it, and never stands in their way."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

# The demo city's logs are neither JSON nor of a declared format, and hold no list of addresses.
COUNT_OTHERS = """
import json, sys
from pathlib import Path
from zoneinfo import ZoneInfo
from pipeline.access_log.count import LogFile, LogTerms, count_visits
line = '{"msec":"1735776000","remote_addr":"::1","request_method":"GET","request_uri":"/","status":200}'
log = Path(sys.argv[1])
log.write_text(f"{line}\\n" * 3)
zone = ZoneInfo("Asia/Jakarta")
count_visits([LogFile("log", log)], terms=LogTerms(zone, "portal"))
parts = list(json.loads(line).items())
log.write_text("".join(json.dumps(dict(parts[n:] + parts[:n])) + "\\n" for n in range(5)))
count_visits([LogFile("log", log)], terms=LogTerms(zone, "portal"))
log.write_text('10.0.0.1 - - [02/Jan/2025:08:00:00 +0700] "GET / HTTP/1.1" 200 5 "-" "x" "::1, 10.1.2.3:80"\\n' * 3)
proxied = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
proxied += '"$http_user_agent" "$http_x_forwarded_for"'
count_visits([LogFile("log", log)], terms=LogTerms(zone, "portal", log_format=(proxied,), picks_client=True))
balanced = '2025-01-02T01:00:00.000000Z lb 10.0.0.1:281 10.0.0.2:80 0.1 0.1 0.1 200 200 0 29'
balanced += ' "GET http://a:80/ HTTP/1.1" "x" - -'
log.write_text(f"{balanced}\\n" * 3)
count_visits([LogFile("log", log)], terms=LogTerms(zone, "portal", log_format=("elb",)))
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
    printed += run("-c", COUNT_OTHERS, str(tmp_path / "log"), folder=tmp_path)
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
