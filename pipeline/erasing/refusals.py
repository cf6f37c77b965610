"""Why a request is not planned: in words that name lines of it, never what stands in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from connectors.errors import ConfigError, DataRejected
from connectors.personal_data import personal_kind
from pipeline.erasing.request import Request
from pipeline.erasing.rows import ids_in, look
from pipeline.landing import Manifest

_LETTER_DIGITS = 3


def refuse_unsound(request: Request) -> None:
    """Raise `ConfigError` for a request without a table of the city or without ids, or that tells of a person."""
    if not request.sources:
        raise ConfigError(
            id=f"{request.city_id} tidak punya sumber untuk tabel {request.table}.",
            en=f"{request.city_id} has no source for the table {request.table}.",
        )
    if not request.ids:
        raise ConfigError(
            id="Belum ada nomor: tulis satu per baris ke masukan standar, atau di berkas dengan --ids.",
            en="There are no ids: write one a line to standard input, or in a file with --ids.",
        )
    is_personal = personal_kind(request.ground) is not None and personal_kind(request.ground) != "free text"
    ids = [request.parted(one)[1] for one in request.ids]
    if is_personal or any(_tells(f"{request.ground} {request.by}", one) for one in ids):
        raise ConfigError(
            id="--ground atau --by tampak memuat data orangnya. Tulis dasar dan nomor suratnya saja, dan siapa "
            "yang memutuskan; ini disimpan selamanya.",
            en="--ground or --by looks as if it held the person's data. Write the ground and the letter's number "
            "alone, and who decides; it is kept for good.",
        )


def refuse_unnamed(request: Request, manifests: Sequence[Manifest]) -> None:
    """Raise `ConfigError` where the landing zone holds files of a source that the YAML no longer names."""
    left = {one.source for one in manifests if one.city == request.city.city} - set(request.city.sources)
    if left:
        raise no_longer_named(request.city.city, sorted(left))


def refuse_unclear(
    request: Request,
    found: Mapping[str, set[str]],
    decided: Mapping[str, Mapping[str, int]],
    manifests: Sequence[Manifest],
) -> None:
    """Raise `DataRejected` that names lines of the request, never what stands in them."""
    absent, double = list[int](), list[str]()
    for line, (name, wanted) in enumerate(map(request.parted, request.ids), start=1):
        where = [
            one for one in request.sources if name in ("", one) and (wanted in found[one] or wanted in decided[one])
        ]
        if not where:
            absent.append(line)
        elif len(where) > 1:
            double.append(str(line))
    if absent:
        lines, known = ", ".join(map(str, absent)), ", ".join(request.sources)
        alike = ", ".join(_alike_lines(request, absent, manifests))
        raise DataRejected(
            id=f"Tidak ada berkas yang memuat nomor di baris {lines}; belum ada yang dihapus. Tulis nomornya "
            f"seperti di ekspor, huruf besar dan kecil pun, atau SUMBER:NOMOR dengan sumber {known}; atau buang "
            "barisnya." + (f" Baris {alike}: ada yang hanya berbeda huruf besar, spasi, atau tanda." if alike else ""),
            en=f"No file holds the ids on lines {lines}; nothing was erased. Write them as they stand in the "
            f"export, capitals too, or SOURCE:ID with the source {known}; or leave these lines out."
            + (f" Lines {alike}: there is one that differs in capitals, spaces or marks alone." if alike else ""),
        )
    if double:
        lines, sources = ", ".join(double), ", ".join(request.sources)
        raise DataRejected(
            id=f"Nomor di baris {lines} ada di beberapa sumber; belum ada yang dihapus. Tulis SUMBER:NOMOR "
            f"({sources}), satu baris per sumber.",
            en=f"The ids on lines {lines} are in several sources; nothing was erased. Write SOURCE:ID ({sources}), "
            "a line for each source.",
        )


def no_longer_named(city_id: str, sources: Sequence[str]) -> ConfigError:
    names, folders = ", ".join(sources), ", ".join(f"landing/{city_id}/{name}" for name in sources)
    return ConfigError(
        id=f"YAML {city_id} tidak lagi menyebut sumber yang berkasnya masih disimpan: {names}. Isinya tidak dapat "
        f"diperiksa, jadi belum ada yang dihapus. Tulis lagi sumber itu dengan nama lamanya, hapus orangnya, lalu "
        f"keluarkan sumber itu; atau hapus {folders}, yang hasilnya lalu tidak dapat ditelusuri lagi.",
        en=f"The YAML of {city_id} no longer names sources whose files are still kept: {names}. Nobody can tell what "
        f"they hold, so nothing was erased. Write the source again under its old name, erase the person, then take it "
        f"out; or delete {folders}, whose results then no longer retrace.",
    )


def _alike_lines(request: Request, lines: Sequence[int], manifests: Sequence[Manifest]) -> list[str]:
    """Those of the request's lines whose id some file holds in other capitals, or with other marks between."""
    wanted = {line: _folded(request.parted(request.ids[line - 1])[1]) for line in lines}
    alike = set[str]()
    for one in [one for one in manifests if (one.city, one.source) in request.places]:
        alike |= {_folded(text) for text in ids_in(look(request.home, request.city, one))}
    return [str(line) for line, folded in wanted.items() if folded and folded in alike]


def _folded(id: str) -> str:
    return re.sub(r"[\W_]+", "", id).casefold()


def _tells(text: str, id: str) -> bool:
    """Whether an id stands in a text between other signs; a number of up to three digits may be a letter's own."""
    is_short = id.isdigit() and len(id) <= _LETTER_DIGITS
    found = re.search(rf"(?<!\w){re.escape(id.casefold())}(?!\w)", text.casefold())
    return found is not None and not is_short
