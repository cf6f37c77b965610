"""A data set before it is anywhere: texts, terms, and files with their checksums."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.config.publication import Publication

_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "jsonld": "application/ld+json",
    "pdf": "application/pdf",
    "ttl": "text/turtle",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Resource:
    """One file of a data set."""

    file: str
    title: str
    content: bytes

    @property
    def media_type(self) -> str:
        """Its registered type."""
        return _TYPES[self.file.rsplit(".", 1)[1]]

    @property
    def sha256(self) -> str:
        """The hash of its bytes."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Package:
    """A data set before it is anywhere; texts by language, moments in UTC."""

    name: str
    titles: dict[str, str]
    notes: dict[str, str]
    status: str
    place: str
    region_code: str
    first_on: date
    last_on: date
    issued_at: datetime | None
    modified_at: datetime | None
    publication: Publication
    resources: tuple[Resource, ...] = ()

    @property
    def address(self) -> str:
        """Where the portal shows it."""
        return f"{self.publication.portal}/dataset/{self.name}"
