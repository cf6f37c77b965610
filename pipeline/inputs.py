"""What a period is computed from, told without reading files: so that what has not changed is not computed again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from importlib.metadata import version

from pipeline.config.city import City
from pipeline.indicators.definition import definitions
from pipeline.landing import matching_files, matching_objects
from pipeline.periods import Period


def fingerprint(city: City, sources: Sequence[str], *, period: Period, decisions: Sequence[int] = ()) -> str:
    """The same as long as settings, methods, and names, sizes and times of the files are; a system is not asked.

    `decisions` are those by which rows of the landed files were erased.
    """
    told = {
        "tolok": version("tolok"),
        "city": city.model_dump_json(exclude={"schedule", "notify", "retention"}),
        "methods": {name: definition.method_version for name, definition in definitions().items()},
        "files": [file for name in sources for file in _files(city, name, period)],
        **({"erased": sorted(decisions)} if decisions else {}),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _files(city: City, source_name: str, period: Period) -> Iterator[tuple[str, int, int]]:
    source = city.sources[source_name]
    for settings in filter(None, (source, source.responses)):
        for path in matching_files(city, settings, period):
            state = path.stat()
            yield str(path), state.st_size, state.st_mtime_ns
        for stored in matching_objects(settings, period):
            yield stored.url, stored.size_bytes, 0
