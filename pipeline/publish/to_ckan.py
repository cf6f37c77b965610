"""A data set brought to a CKAN: only what differs is written, and nothing is public before somebody says so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.errors import ConfigError
from pipeline.config.publication import LICENCES

if TYPE_CHECKING:
    from connectors.ckan import Ckan
    from pipeline.publish.data_set import Package, Resource

# CKAN keeps it as it is given; it is how a later publication knows what is there.
_HASH = "tolok_sha256"


@dataclass(frozen=True)
class Step:
    """One change in the portal: what it is, in both languages, and what makes it."""

    id: str
    en: str
    make: Callable[[], object]

    def __str__(self) -> str:
        return f"{self.id} / {self.en}"


def steps(ckan: Ckan, package: Package, *, is_public: bool) -> Iterator[Step]:
    """What is to be done for the portal to show the data set as it is now; nothing where it does already.

    Raises `ConfigError` before a public data set would change without leave. The hash that says that all is there is
    written last, so that a publication that broke off is made whole by the next.
    """
    there = ckan.data_set(package.name)
    is_there = there is not None
    is_shown = there is not None and there["state"] == "active" and not there["private"]
    is_same = there is not None and there["state"] == "active" and _extra(there, _HASH) == _sha256(package)
    if is_same and (is_shown or not is_public):
        return
    if is_shown and not is_public:
        raise ConfigError(
            id=f"{package.address} sudah terbuka untuk umum dan akan berubah. Ulangi dengan --public untuk "
            "mengubahnya, atau --withdraw untuk menariknya.",
            en=f"{package.address} is public already and would change. Repeat with --public to change it, or with "
            "--withdraw to withdraw it.",
        )
    # Not public before all of it is there.
    fields = _fields(package) | {"private": not is_shown} | ({"id": package.name} if is_there else {})
    verb = ("perbarui", "update") if is_there else ("buat", "create")
    yield Step(
        f"{verb[0]} {package.name}", f"{verb[1]} {package.name}", lambda: ckan.write(fields, is_new=not is_there)
    )
    yield from _file_steps(ckan, package, there or {})
    extras = [*fields["extras"], {"key": _HASH, "value": _sha256(package)}]
    last = {"id": package.name, "extras": extras, "private": not is_public}
    shown = ("buka untuk umum", "make public") if is_public else ("simpan sebagai draf", "keep as a draft")
    yield Step(f"{shown[0]} {package.name}", f"{shown[1]} {package.name}", lambda: ckan.write(last, is_new=False))


def withdrawal(ckan: Ckan, name: str) -> Iterator[Step]:
    """What takes a data set out of the portal; nothing where it is not there."""
    there = ckan.data_set(name)
    if there is not None and there["state"] == "active":
        yield Step(f"tarik {name}", f"withdraw {name}", lambda: ckan.delete(name))


def _file_steps(ckan: Ckan, package: Package, there: Mapping[str, Any]) -> Iterator[Step]:
    known = {file["name"]: file for file in there.get("resources", ())}
    for resource in package.resources:
        former = known.pop(resource.file, None)
        if former is None or former.get("hash") != resource.sha256:
            verb = ("ganti", "replace") if former else ("unggah", "upload")
            yield Step(
                f"{verb[0]} {resource.file}",
                f"{verb[1]} {resource.file}",
                _upload(ckan, package, resource, former),
            )
    for name, file in known.items():
        yield Step(f"hapus {name}", f"delete {name}", _deletion(ckan, file["id"]))


def _upload(ckan: Ckan, package: Package, resource: Resource, former: Mapping[str, Any] | None) -> Callable[[], object]:
    fields = {
        "package_id": package.name,
        "name": resource.file,
        "description": resource.title,
        "format": resource.file.rsplit(".", 1)[1].upper(),
        "mimetype": resource.media_type,
        "hash": resource.sha256,
        **({"id": former["id"]} if former else {}),
    }
    return lambda: ckan.write_file(fields, resource.content, is_new=former is None)


def _deletion(ckan: Ckan, file_id: str) -> Callable[[], object]:
    return lambda: ckan.delete_file(file_id)


def _fields(package: Package) -> dict[str, Any]:
    terms = package.publication
    extras = {
        "title_en": package.titles["en"],
        "status": package.status,
        "temporal_start": package.first_on.isoformat(),
        "temporal_end": package.last_on.isoformat(),
        "spatial_code": package.region_code,
        "spatial_text": package.place,
        "issued": _moment(package.issued_at),
        "modified": _moment(package.modified_at),
    }
    return {
        "name": package.name,
        "title": package.titles["id"],
        "notes": f"{package.notes['id']}\n\n---\n\n{package.notes['en']}",
        "owner_org": terms.organization,
        "license_id": LICENCES[terms.licence][0],
        "maintainer": terms.publisher,
        "maintainer_email": terms.contact or "",
        "state": "active",
        "extras": [{"key": key, "value": value} for key, value in extras.items() if value],
    }


def _moment(moment: Any) -> str:  # noqa: ANN401 a moment or none
    return moment.isoformat(timespec="seconds") if moment else ""


def _sha256(package: Package) -> str:
    """The hash of all that the portal is told."""
    told = [_fields(package), [(one.file, one.title, one.sha256) for one in package.resources]]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _extra(there: Mapping[str, Any], key: str) -> str | None:
    return next((str(one["value"]) for one in there.get("extras", ()) if one["key"] == key), None)
