"""A catalogue of public services as CPSV-AP linked data (Turtle, RDF/XML, JSON-LD), read without asking the network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field
from rdflib import Graph, URIRef

from connectors.base import Connector, Options, frame_of
from connectors.errors import DataRejected
from connectors.file_kinds import refuse_foreign
from connectors.records import RawFile, open_bytes

if TYPE_CHECKING:
    import pandas as pd
    from rdflib.term import Node

MAX_BYTES = 20 * 1024**2
UNKNOWN_CHANNEL, UNKNOWN_STATUS = "unknown_channel", "unknown_status"

_FORMATS = {
    ".ttl": "turtle",
    ".nt": "nt",
    ".rdf": "xml",
    ".xml": "xml",
    ".owl": "xml",
    ".jsonld": "json-ld",
    ".json": "json-ld",
}
_CPSV, _CV = "http://purl.org/vocab/cpsv#", "http://data.europa.eu/m8g/"
_DCT, _RDF = "http://purl.org/dc/terms/", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NAMES = (
    "http://www.w3.org/2004/02/skos/core#prefLabel",
    f"{_DCT}title",
    "http://xmlns.com/foaf/0.1/name",
    "http://www.w3.org/2000/01/rdf-schema#label",
)
_STATUS = "http://www.w3.org/ns/adms#status"
Reach = Literal["request", "access", "offline"]
Offer = Literal["offered", "not_offered"]

_STATUSES: dict[str, Offer] = {
    "active": "offered",
    "completed": "offered",
    "op_datpro": "offered",
    "deprecated": "not_offered",
    "develop": "not_offered",
    "discont": "not_offered",
    "inactive": "not_offered",
    "underdevelopment": "not_offered",
    "withdrawn": "not_offered",
}


class CpsvApOptions(Options):
    """What each channel type (its whole URI) gives: `request` online (and access), `access` only, or `offline`.

    `statuses` says the same of an `adms:status`, by the last part of its URI in small letters.
    """

    channels: dict[str, Reach] = Field(min_length=1)
    statuses: dict[str, Offer] = Field(default=_STATUSES)
    languages: tuple[str, ...] = ("id", "en")


class CpsvAp(Connector):
    """Public services of CPSV-AP 3.2. Grain of `rows`: one `cpsv:PublicService`, in the order of its URI.

    Columns: `kode_layanan`, `nama_layanan`, `opd_penyelenggara`, `sektor`, `keadaan` (`offered`, `not_offered`),
    `kanal` (channel URIs with commas), `dapat_diakses_daring` and `dapat_dimohon_daring` (`true`, `false`, null without
    any channel). A channel of a type nobody declared, or of none, makes the row's problem `unknown_channel`, such a
    status `unknown_status`. Raises `DataRejected` for a file over 20 MB, one that is not well formed, and one that
    would have to fetch another.
    """

    OPTIONS = CpsvApOptions

    def rows(self, files: Sequence[RawFile], *, columns: Sequence[str]) -> Iterator[tuple[RawFile, pd.DataFrame]]:
        """The services of each file."""
        for file in files:
            records = list(self._records(_graph(file)))
            frame = frame_of(records, columns=columns)
            problems = [record["reader_problem"] for record in records]
            yield file, frame.assign(reader_problem=problems).astype({"reader_problem": "str"})

    def _records(self, graph: Graph) -> Iterator[dict[str, str | None]]:
        services = set(graph.subjects(URIRef(f"{_RDF}type"), URIRef(f"{_CPSV}PublicService")))
        for service in sorted(services, key=str):
            types = _channel_types(graph, service)
            reaches = {self.options.channels.get(name) for name in types}
            status = (_tail(graph.value(service, URIRef(_STATUS))) or "active").casefold()
            problem = UNKNOWN_CHANNEL if None in reaches else None
            yield {
                "kode_layanan": _text(graph, service, [f"{_DCT}identifier"], self.options.languages),
                "nama_layanan": _text(graph, service, [f"{_DCT}title"], self.options.languages),
                "opd_penyelenggara": self._named(graph, service, f"{_CV}hasCompetentAuthority"),
                "sektor": self._named(graph, service, f"{_CV}sector"),
                "keadaan": self.options.statuses.get(status),
                "kanal": ", ".join(types),
                "dapat_diakses_daring": _flag(types, bool(reaches & {"request", "access"})),
                "dapat_dimohon_daring": _flag(types, "request" in reaches),
                "reader_problem": problem if status in self.options.statuses else UNKNOWN_STATUS,
            }

    def _named(self, graph: Graph, service: Node, relation: str) -> str | None:
        """The names of what a service is related to, with commas; the end of its URI where it has no name."""
        others = sorted(graph.objects(service, URIRef(relation)), key=str)
        names = [_text(graph, other, _NAMES, self.options.languages) or _tail(other) for other in others]
        return ", ".join(name for name in names if name) or None


def _channel_types(graph: Graph, service: Node) -> list[str]:
    """The types of a service's channels, each once; a channel without one counts as an empty text."""
    found: set[str] = set()
    for channel in graph.objects(service, URIRef(f"{_CV}hasChannel")):
        found |= {str(kind) for kind in graph.objects(channel, URIRef(f"{_DCT}type"))} or {""}
    return sorted(found)


def _graph(file: RawFile) -> Graph:
    refuse_foreign(file, "own")
    content = _bytes(file)
    form = _FORMATS.get(_ending(file.name))
    if form is None:
        raise DataRejected(
            id=f"{file.name}: akhiran berkas tidak dikenal; yang dibaca: {', '.join(sorted(_FORMATS))}.",
            en=f"{file.name}: unknown file ending; read are: {', '.join(sorted(_FORMATS))}.",
        )
    try:
        return Graph().parse(data=_self_contained(file, content, form), format=form, publicID="urn:tolok:")
    except DataRejected:
        raise
    except Exception:
        # Every parser of rdflib has faults of its own, and their texts repeat what the file says.
        raise DataRejected(
            id=f"{file.name}: bukan {form} yang sah. Ekspor ulang secara utuh, atau beri akhiran yang sesuai isinya.",
            en=f"{file.name}: not valid {form}. Export it again in full, or name it by what it holds.",
        ) from None


def _bytes(file: RawFile) -> bytes:
    with open_bytes(file) as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise DataRejected(
            id=f"{file.name}: lebih dari {MAX_BYTES // 1024**2} MB. Ekspor hanya katalog layanan kota ini.",
            en=f"{file.name}: more than {MAX_BYTES // 1024**2} MB. Export this city's catalogue only.",
        )
    return content


def _ending(name: str) -> str:
    name = name.casefold().removesuffix(".gz")
    return name[name.rfind(".") :] if "." in name else ""


def _self_contained(file: RawFile, content: bytes, form: str) -> bytes | str:
    """The content, unless a parser would open another address or file: entities of XML, contexts by name of JSON-LD."""
    if form == "xml" and (b"<!ENTITY" in content or b"\x00" in content):
        raise DataRejected(
            id=f"{file.name}: berisi <!ENTITY> atau bukan UTF-8. Simpan sebagai Turtle (.ttl).",
            en=f"{file.name}: holds an <!ENTITY> or is not UTF-8. Save it as Turtle (.ttl).",
        )
    if form != "json-ld":
        return content
    document = json.loads(content)
    if _names_a_context(document):
        raise DataRejected(
            id=f"{file.name}: '@context' menunjuk ke alamat lain, yang tidak diambil. Ekspor dengan konteks di "
            "dalamnya, atau sebagai Turtle (.ttl).",
            en=f"{file.name}: its '@context' names another address, which is not fetched. Export it with the context "
            "inside, or as Turtle (.ttl).",
        )
    # What was checked is what is parsed, whatever another reader would have made of the bytes.
    return json.dumps(document)


def _names_a_context(node: object) -> bool:
    pending = [node]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if "@import" in node or _is_elsewhere(node.get("@context")):
                return True
            pending += node.values()
        elif isinstance(node, list):
            pending += node
    return False


def _is_elsewhere(context: object) -> bool:
    return any(isinstance(part, str) for part in (context if isinstance(context, list) else [context]))


def _text(graph: Graph, subject: Node, relations: Sequence[str], languages: Sequence[str]) -> str | None:
    """The first of the relations that has a value, in the first language there is, else the first in order."""
    order: Mapping[str, int] = {language: place for place, language in enumerate(languages)}
    for relation in relations:
        values = list(graph.objects(subject, URIRef(relation)))
        if values:
            best = min(values, key=lambda v: (order.get(getattr(v, "language", None) or "", len(order)), str(v)))
            return " ".join(str(best).split())
    return None


def _tail(node: Node | None) -> str | None:
    return None if node is None else str(node).rstrip("/").rsplit("/", 1)[-1].rsplit("#", 1)[-1]


def _flag(types: Sequence[str], is_so: bool) -> str | None:
    return None if not types else "true" if is_so else "false"
