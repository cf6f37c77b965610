"""A data set described as DCAT, in Turtle and JSON-LD; the same data set gives the same bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rdflib import DCAT, DCTERMS, FOAF, RDF, SKOS, XSD, Graph, Literal, Namespace, URIRef

from pipeline.config.publication import LICENCES

if TYPE_CHECKING:
    from pipeline.publish.data_set import Package, Resource

SPDX, ADMS, VCARD = (
    Namespace(one)
    for one in ("http://spdx.org/rdf/terms#", "http://www.w3.org/ns/adms#", "http://www.w3.org/2006/vcard/ns#")
)
_IANA = "https://www.iana.org/assignments/media-types/"


def turtle(package: Package) -> bytes:
    """The description as Turtle."""
    return graph(package).serialize(format="turtle").encode()


def jsonld(package: Package) -> bytes:
    """The description as JSON-LD, a list of nodes in the order of their addresses."""
    told = json.loads(graph(package).serialize(format="json-ld"))
    return json.dumps(_ordered(told), ensure_ascii=False, indent=1, sort_keys=True).encode()


def graph(package: Package) -> Graph:
    """A `dcat:Dataset` with its publisher, period, place and files; no node is without an address."""
    found, dataset, terms = Graph(), URIRef(package.address), package.publication
    for prefix, space in {"dcat": DCAT, "dct": DCTERMS, "spdx": SPDX, "adms": ADMS, "vcard": VCARD}.items():
        found.bind(prefix, space)
    _say(found, dataset, RDF.type, DCAT.Dataset)
    for code in package.titles:
        _say(found, dataset, DCTERMS.title, Literal(package.titles[code], lang=code))
        _say(found, dataset, DCTERMS.description, Literal(package.notes[code], lang=code))
        _say(found, dataset, DCTERMS.language, Literal(code))
    _say(found, dataset, DCTERMS.identifier, Literal(package.name))
    _say(found, dataset, DCTERMS.license, URIRef(LICENCES[terms.licence][1]))
    _say(found, dataset, ADMS.status, Literal(package.status))
    for said, moment in ((DCTERMS.issued, package.issued_at), (DCTERMS.modified, package.modified_at)):
        if moment is not None:
            _say(found, dataset, said, Literal(moment.isoformat(timespec="seconds"), datatype=XSD.dateTime))
    publisher = _part(dataset, "publisher")
    _say(found, dataset, DCTERMS.publisher, publisher)
    _say(found, publisher, RDF.type, FOAF.Organization)
    _say(found, publisher, FOAF.name, Literal(terms.publisher))
    if terms.contact:
        contact = _part(dataset, "contact")
        _say(found, dataset, DCAT.contactPoint, contact)
        _say(found, contact, RDF.type, VCARD.Organization)
        _say(found, contact, VCARD.fn, Literal(terms.publisher))
        _say(found, contact, VCARD.hasEmail, URIRef(f"mailto:{terms.contact}"))
    _when_and_where(found, dataset, package)
    for resource in package.resources:
        _distribution(found, dataset, resource, licence=LICENCES[terms.licence][1])
    return found


def _when_and_where(found: Graph, dataset: URIRef, package: Package) -> None:
    period, place = _part(dataset, "period"), _part(dataset, "place")
    _say(found, dataset, DCTERMS.temporal, period)
    _say(found, period, RDF.type, DCTERMS.PeriodOfTime)
    _say(found, period, DCAT.startDate, Literal(package.first_on))
    _say(found, period, DCAT.endDate, Literal(package.last_on))
    _say(found, dataset, DCTERMS.spatial, place)
    _say(found, place, RDF.type, DCTERMS.Location)
    _say(found, place, SKOS.prefLabel, Literal(package.place))
    if package.region_code:
        _say(found, place, DCTERMS.identifier, Literal(package.region_code))


def _distribution(found: Graph, dataset: URIRef, resource: Resource, *, licence: str) -> None:
    one, checksum = _part(dataset, resource.file), _part(dataset, f"{resource.file}.sha256")
    _say(found, dataset, DCAT.distribution, one)
    _say(found, one, RDF.type, DCAT.Distribution)
    _say(found, one, DCTERMS.title, Literal(resource.title, lang="id"))
    _say(found, one, DCTERMS.identifier, Literal(resource.file))
    _say(found, one, DCTERMS.license, URIRef(licence))
    _say(found, one, DCAT.accessURL, dataset)
    _say(found, one, DCAT.mediaType, URIRef(_IANA + resource.media_type))
    _say(found, one, DCAT.byteSize, Literal(len(resource.content), datatype=XSD.nonNegativeInteger))
    _say(found, one, SPDX.checksum, checksum)
    _say(found, checksum, RDF.type, SPDX.Checksum)
    _say(found, checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256)
    _say(found, checksum, SPDX.checksumValue, Literal(resource.sha256, datatype=XSD.hexBinary))


def _say(found: Graph, subject: URIRef, predicate: URIRef, said: URIRef | Literal) -> None:
    found.add((subject, predicate, said))


def _part(dataset: URIRef, name: str) -> URIRef:
    return URIRef(f"{dataset}#{name}")


def _ordered(told: Any) -> Any:  # noqa: ANN401 any JSON
    """Lists in the order of their texts: a graph has none of its own."""
    if isinstance(told, list):
        return sorted((_ordered(one) for one in told), key=lambda one: json.dumps(one, sort_keys=True))
    return {key: _ordered(one) for key, one in told.items()} if isinstance(told, dict) else told
