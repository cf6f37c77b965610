"""What Tolok is installed from and made of: hashes everywhere, a list that agrees, rules against code in data."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.check_sbom import differences

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["installer.lock", "requirements.lock", "tools.lock"])
def test_every_package_of_a_lock_has_its_hashes(name: str) -> None:
    lines = (ROOT / name).read_text("utf-8").replace("\\\n", " ").splitlines()
    packages = [line for line in lines if "==" in line.split("--hash")[0]]
    assert packages
    assert [line[:60] for line in packages if "--hash=sha256:" not in line] == []


def test_nothing_is_installed_without_a_hash() -> None:
    text = (ROOT / "Makefile").read_text("utf-8") + (ROOT / "Dockerfile").read_text("utf-8")
    installs = re.findall(r"-m pip [^\n]*install[^\n]*", text)
    assert installs
    assert [one for one in installs if "--require-hashes -r installer.lock" not in one] == []


LOCK = """aman==1.0 ; python_version < '3.12' \\
    --hash=sha256:aa \\
    --hash=sha256:bb
lain==2.0 \\
    --hash=sha256:cc
"""


@pytest.mark.parametrize(
    ("versions", "told"),
    [
        ({"aman": ("1.0", "aa bb"), "lain": ("2.0", "cc")}, []),
        ({"aman": ("1.0", "aa bb")}, ["lain"]),
        ({"aman": ("1.0", "aa"), "lain": ("2.0", "cc")}, ["aman", "aman"]),
        ({"aman": ("1.1", "aa bb"), "lain": ("2.0", "cc")}, ["aman", "aman"]),
        ({"aman": ("1.0", "aa bb"), "lain": ("2.0", "cc"), "baru": ("3", "dd")}, ["baru"]),
    ],
)
def test_a_list_that_differs_from_the_lock_is_told(
    versions: dict[str, tuple[str, str]], told: list[str], tmp_path: Path
) -> None:
    (tmp_path / "x.lock").write_text(LOCK)
    components = [
        {
            "name": name,
            "version": version,
            "externalReferences": [{"hashes": [{"alg": "SHA-256", "content": one} for one in hashes.split()]}],
        }
        for name, (version, hashes) in versions.items()
    ]
    (tmp_path / "x.cdx.json").write_text(json.dumps({"components": components}))
    assert [line.split()[0] for line in differences(tmp_path / "x.cdx.json", tmp_path / "x.lock")] == told


FORBIDDEN = {
    "S301": "import pickle\n\npickle.loads(b'')\n",
    "S302": "import marshal\n\nmarshal.loads(b'')\n",
    "S506": "import yaml\n\nyaml.load('', Loader=yaml.UnsafeLoader)\n",
    "S307": "eval('1')\n",
    "S102": "exec('1')\n",
    "S602": "import subprocess\n\nsubprocess.run('ls', shell=True)\n",
    "S605": "import os\n\nos.system('ls')\n",
    "S608": "def find(name: str) -> str:\n    return f\"select a from t where n = '{name}'\"\n",
    "S501": "import requests\n\nrequests.get('https://x', verify=False, timeout=1)\n",
    "S113": "import requests\n\nrequests.get('https://x')\n",
    "S202": "import tarfile\n\ntarfile.open('x').extractall()\n",
    "S701": "import jinja2\n\njinja2.Environment()\n",
    "S324": "import hashlib\n\nhashlib.md5(b'')\n",
    "TID251": "import pickle\n\nimport pandas as pd\n\npd.read_pickle('x')\nprint(pickle)\n",
}


@pytest.mark.parametrize("rule", FORBIDDEN)
def test_a_dangerous_call_fails_the_check(rule: str, tmp_path: Path) -> None:
    ruff = Path(sys.executable).parent / "ruff"
    asked = [ruff, "check", "--no-cache", "--config", ROOT / "pyproject.toml", "--output-format=concise"]
    ended = subprocess.run(
        [*asked, "--stdin-filename", ROOT / "pipeline" / "x.py", "-"],
        input=FORBIDDEN[rule],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert f" {rule} " in ended.stdout
