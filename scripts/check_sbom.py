"""Holds a CycloneDX document against the lock: every package with its version and hashes, and no other.

python -m scripts.check_sbom DOCUMENT LOCK
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

Package = tuple[str, str, frozenset[str]]


def differences(document: Path, lock: Path) -> list[str]:
    """What one has and the other lacks, a line for each package; nothing when they agree and are not empty."""
    listed, locked = set(_listed(document)), set(_locked(lock))
    found = [f"{name} {version}: only in {document.name}" for name, version, _ in sorted(listed - locked, key=str)]
    found += [f"{name} {version}: only in {lock.name}" for name, version, _ in sorted(locked - listed, key=str)]
    return found if locked else [f"{lock.name}: no package"]


def _listed(document: Path) -> Iterator[Package]:
    for component in json.loads(document.read_text("utf-8"))["components"]:
        references = component.get("externalReferences", [])
        hashes = frozenset(one["content"] for reference in references for one in reference.get("hashes", []))
        yield component["name"], component["version"], hashes


def _locked(lock: Path) -> Iterator[Package]:
    lines = lock.read_text("utf-8").replace("\\\n", " ").splitlines()
    for line in lines:
        if found := re.match(r"([\w.-]+)(?:\[[\w,.-]+\])?==([^\s;]+)", line):
            yield found[1], found[2], frozenset(re.findall(r"--hash=sha256:(\w+)", line))


if __name__ == "__main__":
    faults = differences(*map(Path, sys.argv[1:3]))
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    sys.exit(bool(faults))
