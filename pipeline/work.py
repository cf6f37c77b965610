"""One period of a city as its files are now, with what each step found out of exactly these."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from connectors.errors import DataDamaged, DataRejected
from connectors.remarks import Remark
from pipeline.atomic import discard
from pipeline.config.city import City
from pipeline.landing import Manifest, as_plain, from_plain, read_manifest
from pipeline.mirror import names
from pipeline.periods import Period
from pipeline.preconditions import sources_for
from pipeline.sealed import damaged, read_sealed, unsealed, write_sealed
from pipeline.tables import TABLES

if TYPE_CHECKING:
    from pipeline.clean.dataset import Dataset
    from pipeline.indicators.base import Result
    from pipeline.progress import Meter
    from pipeline.terms import Populations
    from pipeline.validate import Verdict

_MANIFESTS, _STORED, _VERSIONS, _INPUTS = "manifests.json", "stored.json", "versions.json", "inputs.json"
_HOURS_KEPT = 24
_BESIDE_THE_NUMBERS = {
    "schedule",
    "targets",
    "readiness",
    "reports",
    "publish",
    "notify",
    "smallest_group",
    "retention",
}


class Work:
    """One period of a city: its manifests, read once, and a folder for what is made of them.

    The folder is named by the manifests and the city's settings, so that nothing found out of other files is ever taken
    for these, whoever runs beside. With `rebuilt_in`, a folder, clean tables are made anew there.
    """

    def __init__(self, city: City, period: Period, home: Path, *, rebuilt_in: Path | None = None) -> None:
        self.city, self.period, self._home, self._rebuilt_in = city, period, home, rebuilt_in
        self._manifests: dict[str, tuple[Manifest, ...]] = {}
        self._datasets: dict[str, Dataset] = {}

    @classmethod
    def last_stored(cls, city: City, period: Period, home: Path) -> Work:
        """That of the files whose results were stored last; that of the files of now where nobody noted it."""
        work = cls(city, period, home)
        with suppress(FileNotFoundError, DataDamaged):
            folder = work.place / json.loads(read_sealed(work.place / _STORED))
            kept = json.loads(read_sealed(folder / _MANIFESTS))
            work.folder = folder
            work._manifests = {table: tuple(map(from_plain, of_table)) for table, of_table in kept.items()}
        return work

    @property
    def place(self) -> Path:
        """The folder of the period, in which each set of files has its own."""
        return self._home / "runs" / self.city.city / self.period.label

    def manifests(self, table: str) -> tuple[Manifest, ...]:
        """The manifests of a table's sources; `DataRejected` when one has not been fetched or is damaged."""
        if table not in self._manifests:
            names = [name for name in sources_for(self.city, self.period) if self.city.sources[name].table == table]
            self._manifests[table] = tuple(map(self._manifest, names))
        return self._manifests[table]

    def _manifest(self, source_name: str) -> Manifest:
        try:
            return read_manifest(self._home, city_id=self.city.city, source_name=source_name, period=self.period)
        except FileNotFoundError:
            raise self._lacks(id="sumber belum diambil", en="the sources have not been fetched") from None

    @property
    def all_manifests(self) -> list[Manifest]:
        """Those of every table."""
        return [manifest for table in TABLES for manifest in self.manifests(table)]

    @cached_property
    def expired(self) -> frozenset[str]:
        """The tables of which raw files are no longer kept, and nothing stands in their place."""
        return frozenset(table for table in TABLES if any(one.is_expired for one in self.manifests(table)))

    @cached_property
    def folder(self) -> Path:
        """Where the steps keep what they found out of these files under these settings."""
        settings = self.city.model_dump_json(exclude=_BESIDE_THE_NUMBERS)
        left = [manifest.rest for manifest in self.all_manifests if manifest.rest]
        made_from = hashlib.sha256(repr([settings, self.all_manifests, *left]).encode()).hexdigest()
        return self.place / made_from[:20]

    def dataset(self, table: str, meter: Meter | None = None) -> Dataset:
        """The clean table, made unless it is there and whole."""
        if table not in self._datasets:
            self._datasets[table] = self._made(table, meter)
        return self._datasets[table]

    def _made(self, table: str, meter: Meter | None) -> Dataset:
        from pipeline.clean.dataset import dataset, rebuild

        make = dataset if self._rebuilt_in is None else partial(rebuild, folder=self._rebuilt_in / table)
        return make(self._home, city=self.city, table_name=table, manifests=self.manifests(table), meter=meter)

    @cached_property
    def populations(self) -> Populations:
        """How many inhabitants the period's results are divided by, and what other sources say."""
        from pipeline.terms import populations

        if "population" in self.expired:
            return None, ()
        return populations(self.dataset("population").frame, city=self.city, period=self.period)

    def landing_remarks(self, table: str) -> list[Remark]:
        """What is odd about which files a table's sources gave."""
        return [remark for manifest in self.manifests(table) for remark in manifest.remarks]

    def write_verdicts(self, part: str, verdicts: Sequence[Verdict]) -> None:
        """Keep the verdicts of the tables or of the results."""
        self._write(f"verdicts-{part}.json", _as_list_of("Verdict").dump_json(list(verdicts), indent=1))

    def verdicts(self) -> list[Verdict]:
        """All of them; `DataRejected` when none are kept here."""
        parts = [self._read(f"verdicts-{part}.json", _as_list_of("Verdict")) for part in ("tables", "results")]
        return [verdict for part in parts for verdict in part]

    def write_remarks(self, remarks: Mapping[str, Sequence[Remark]]) -> None:
        """Keep what validation found out about each table."""
        self._write(
            "remarks.json",
            _remarks_by_table().dump_json({table: list(of_table) for table, of_table in remarks.items()}, indent=1),
        )

    def remarks(self) -> dict[str, list[Remark]]:
        """What validation found out about each table; `DataRejected` when there was none of these files."""
        found: dict[str, list[Remark]] = self._read("remarks.json", _remarks_by_table())
        return found

    def write_results(self, name: str, results: Sequence[Result]) -> None:
        """Keep results: as `computed`, or as judged `results`."""
        self._write(f"{name}.json", _as_list_of("Result").dump_json(list(results), indent=1))

    def results(self, name: str) -> list[Result]:
        """Results that were kept; `DataRejected` when there are none of these files."""
        found: list[Result] = self._read(f"{name}.json", _as_list_of("Result"))
        return found

    def known_versions(self) -> dict[str, int]:
        """The newest version of each indicator that was ever stored of the period; none where nobody noted it."""
        return noted_versions(self.place / _VERSIONS)

    def note_stored(self, versions: Mapping[str, int]) -> None:
        """Keep that these are what the newest results were computed from; what was found out of others goes.

        `versions` are those that stand now by indicator. What a run may still be at stays for a day.
        """
        known = self.known_versions()
        newest = {name: max(number, known.get(name, 0)) for name, number in (known | dict(versions)).items()}
        write_sealed(self.place / _VERSIONS, json.dumps(newest, sort_keys=True))
        plain = {table: [as_plain(one) for one in self.manifests(table)] for table in TABLES}
        self._write(_MANIFESTS, json.dumps(plain).encode())
        write_sealed(self.place / _STORED, json.dumps(self.folder.name))
        oldest = time.time() - _HOURS_KEPT * 3600
        for other in self.place.iterdir():
            if other.is_dir() and other != self.folder and other.stat().st_mtime < oldest:
                discard(other)

    def note_inputs(self, versions: Mapping[str, int], *, settings: Mapping[str, Any]) -> None:
        """Keep which clean tables and settings the versions that stand rest on, to say what changed later."""
        from pipeline.clean.dataset import dataset_name

        tables = {
            table: dataset_name(self._home, self.city, table_name=table, manifests=self.manifests(table))
            for table in TABLES
        }
        told = {"versions": dict(versions), "settings": settings, "tables": tables}
        write_sealed(self.place / _INPUTS, json.dumps(told, sort_keys=True))

    def noted_inputs(self) -> dict[str, Any] | None:
        """What `note_inputs` kept; null where nobody did, or it is damaged."""
        with suppress(FileNotFoundError, DataDamaged):
            found: dict[str, Any] = json.loads(read_sealed(self.place / _INPUTS))
            return found
        return None

    def former_dataset(self, table: str, name: str) -> Dataset | None:
        """A clean table of earlier files or settings as this machine keeps it; null where it does not, or damaged."""
        from pipeline.clean.dataset import dataset_path, read_dataset

        path = dataset_path(self._home, self.city, table, name)
        with suppress(DataDamaged):
            return read_dataset(path, TABLES[table]) if path.is_dir() else None
        return None

    def damaged_files(self) -> list[str]:
        """Clean tables and files of the period on this machine that are no longer what a step wrote, by their places
        below the home; what is not there is made when it is needed."""
        from pipeline.clean.dataset import damage_of, dataset_name, dataset_path

        found = list[Path]()
        for table in TABLES:
            name = dataset_name(self._home, self.city, table_name=table, manifests=self.manifests(table))
            folder = dataset_path(self._home, self.city, table, name)
            found += [folder / file for file in damage_of(folder)] if folder.is_dir() else []
        kept = [*(self.place / name for name in (_STORED, _VERSIONS, _INPUTS)), *sorted(self.folder.glob("*.json"))]
        found += [path for path in kept if path.is_file() and not _is_sealed(path)]
        return [str(path.relative_to(self._home)) for path in found]

    def _write(self, name: str, content: bytes) -> None:
        write_sealed(self.folder / name, content.decode())

    def _read(self, name: str, kind: TypeAdapter[Any]) -> Any:  # noqa: ANN401 what the adapter reads
        try:
            return kind.validate_json(read_sealed(self.folder / name))
        except FileNotFoundError:
            raise self._lacks(
                id="berkas dan pengaturan yang sekarang belum diperiksa dan dihitung; mungkin run lain mengambil "
                "berkas yang lebih baru sementara itu",
                en="the files and settings of now have not been validated and measured; another run may have fetched "
                "newer files meanwhile",
            ) from None
        except ValidationError:  # an older Tolok wrote it
            raise damaged(self.folder / name) from None

    def _lacks(self, *, id: str, en: str) -> DataRejected:
        what, command = f"{self.city.city} {self.period.label}", f"tolok run {self.city.city} {self.period.label}"
        return DataRejected(id=f"{what}: {id}. Jalankan dahulu: {command}", en=f"{what}: {en}. First run: {command}")


def _is_sealed(path: Path) -> bool:
    try:
        unsealed(path.read_bytes(), of=path)
    except DataDamaged:
        return False
    return True


def noted_versions(path: Path) -> dict[str, int]:
    """What a file says of the versions of a period; nothing where it is damaged or was never written."""
    with suppress(FileNotFoundError, DataDamaged):
        return {str(name): int(number) for name, number in json.loads(read_sealed(path)).items()}
    return {}


def periods_stored(home: Path, city_id: str) -> dict[str, int]:
    """The periods of a city of which results were ever stored, each with its newest version, as the home knows."""
    found = {path.parent.name: noted_versions(path) for path in names(home / "runs" / city_id, f"*/{_VERSIONS}")}
    return {label: max(versions.values()) for label, versions in found.items() if any(versions.values())}


@lru_cache(maxsize=1)
def _remarks_by_table() -> TypeAdapter[dict[str, list[Remark]]]:
    return TypeAdapter(dict[str, list[Remark]])


@lru_cache(maxsize=2)
def _as_list_of(name: str) -> TypeAdapter[Any]:
    """Reads and writes a list of results or verdicts as JSON."""
    from pipeline.indicators.base import Result
    from pipeline.validate import Verdict

    return TypeAdapter(list[Result] if name == "Result" else list[Verdict])
