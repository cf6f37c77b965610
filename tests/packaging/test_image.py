"""The image and the composition as they are declared: nobody is root, nothing is writable, and no tool is left over."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
STAGES = re.split(r"^(?=FROM )", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)[1:]
COMPOSITION: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSITION["services"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_can_gain_no_right_and_write_no_file_of_its_image(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "devices", "pid", "network_mode"} & set(service)
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert not any("docker.sock" in volume for volume in service["volumes"])


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_is_root(name: str) -> None:
    user = SERVICES[name].get("user") or re.findall(r"^USER (\S+)$", STAGES[-1], re.MULTILINE)[-1]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_images_of_others_are_named_by_an_exact_version() -> None:
    images = [re.split(r"\s", stage)[1] for stage in STAGES]
    images += [service["image"] for service in SERVICES.values() if "TOLOK_IMAGE" not in service["image"]]
    assert len(images) == 4
    assert [one for one in images if not re.fullmatch(r"docker\.io/library/\w+:\d+\.\d+(\.\d+)?-\w+", one)] == []


def test_every_package_of_the_image_is_of_the_lock_and_neither_installer_nor_builder_is_left() -> None:
    build, image = STAGES
    installs = re.findall(r"uv pip install(?:[^\n]|\\\n)*?(?=&&|\n(?! ))", build)
    assert len(installs) == 2
    assert [one for one in installs if "--constraint requirements.lock" not in one and "--no-deps" not in one] == []
    assert re.findall(r"uv pip uninstall .*", build)[-1].split()[-2:] == ["hatchling", "uv"]
    assert re.findall(r"--no-install-recommends (.*) \\", image) == ["ca-certificates python3"]
    assert not re.search(r"\b(pip|uv|curl|wget|gcc|make|git)\b", image)


def test_no_secret_can_get_into_a_layer() -> None:
    text = "".join(STAGES)
    assert not re.search(r"^(ADD|ARG)\b|^ENV.*(PASSWORD|TOKEN|SECRET|KEY)", text, re.MULTILINE)
    assert [line for line in re.findall(r"^COPY (.*)$", text, re.MULTILINE) if line.split()[0] in (".", "*")] == []
    assert (ROOT / ".dockerignore").read_text("utf-8").splitlines()[1] == "*"


def test_a_machine_without_a_scanner_is_told_in_both_languages(tmp_path: Path) -> None:
    for name in ("make", "sh", "test", "echo"):
        found = next(path for folder in ("/usr/bin", "/bin") if (path := Path(folder) / name).exists())
        (tmp_path / name).symlink_to(found)
    done = subprocess.run(
        ["make", "scan"],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pasang trivy atau grype" in done.stderr
    assert "install trivy or grype" in done.stderr
