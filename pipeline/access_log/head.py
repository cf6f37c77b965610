"""The first lines of an access log: when it begins, how they are classified, why they cannot be read."""

from __future__ import annotations

import re
import secrets
from collections import Counter

from connectors.errors import ConfigError, SourceChanged, TolokError, harmless
from connectors.log_format import FIELDS_DIRECTIVE, KNOWN_NAMES, NAMED, WRAPPERS, w3c_formats
from pipeline.access_log.files import Chunk, LogFile, open_log
from pipeline.access_log.formats.json_line import find_missing_parts, find_repeated_key
from pipeline.access_log.formats.reader import LineReader, LineTerms
from pipeline.access_log.hits import NO_AGENT, Hits
from pipeline.access_log.log_terms import LogTerms
from pipeline.access_log.parts import end_lines
from pipeline.access_log.rules import RULES, Classifier

_HEAD_BYTES = 1 << 16
_SHOWN_BYTES = 160
_FITTING_PCT = 50
_ADVICE_ID = (
    "Tanyakan kepada pengelola server baris 'log_format' (nginx -T | grep log_format), 'LogFormat' (grep -r LogFormat "
    "/etc/apache2 /etc/httpd) atau nama servernya, lalu tulis sebagai log_format di sumber ini (docs/city.md)."
)
_ADVICE_EN = (
    "Ask the server's administrator for its 'log_format' (nginx -T | grep log_format), its 'LogFormat' (grep -r "
    "LogFormat /etc/apache2 /etc/httpd) or the server's name, and write it as log_format of this source (docs/city.md)."
)


def lacks_agents(file: LogFile, *, terms: LineTerms) -> bool:
    """Whether some of a file's first lines tell no agent; raises `DataRejected` when it is damaged."""
    return any(NO_AGENT in part.agents.tolist() for part in _hits(file, terms=terms).rows)


def classify_head(file: LogFile, *, terms: LogTerms) -> Counter[str]:
    """A file's first lines by rule; '' is a page requested by people. Raises `DataRejected` for a damaged file."""
    hits = _hits(file, terms=terms.lines)
    classify = Classifier(terms.own_networks, key=secrets.token_bytes(24), hosts=terms.hosts)
    return Counter(RULES[rule] for rule in classify(hits).rule.tolist()) + hits.faults


def readable_counts(file: LogFile, *, terms: LogTerms) -> tuple[int, int, str]:
    """How many of a file's first lines there are and how many are read, and the known format that reads most, if any.

    A `#Fields:` line and others that say what follows are not counted. Raises `DataRejected` for a damaged file.
    """
    lines = [line for line in _first_lines(file) if line.strip()]
    told = [line for line in lines if not line.startswith(b"#")]
    read_count = len(_read(lines, terms=terms.lines).lines) if lines else 0
    return len(told), read_count, fitting_format(lines, terms=terms) if told and not read_count else ""


def unread(file: LogFile, *, terms: LogTerms) -> TolokError:
    """Why a file's lines cannot be read and what to do: names that JSON lacks, columns, or another format.

    Shows a line's shape, with every letter as `a` and every digit as `0`.
    """
    lines = _first_lines(file)
    unread_lines = [line for line in lines if line.strip() and not len(_read([line], terms=terms.lines).lines)]
    shown = unread_lines or lines
    missing = [found for found in (find_missing_parts(line, names=terms.json_names) for line in shown) if found]
    if repeated := find_repeated_key(shown[0] if shown else b"", names=terms.json_names):
        return _told_twice(file, repeated)
    fitting = fitting_format(lines, terms=terms)
    if missing and len(missing) == len(shown) and not fitting:
        return _unnamed(file, *missing[0])
    if lacking := lacking_columns(lines):
        return _without_columns(file, lacking)
    shape = shape_of(shown[0]) if shown else ""
    written = {"id": "Tulis log_format", "en": "Write log_format"}
    hints = {language: f" {verb}: {fitting}." if fitting else "" for language, verb in written.items()}
    return ConfigError(
        id=f"{file.title}: barisnya tidak cocok dengan format log yang dikenal atau dinyatakan; bentuknya (huruf a, "
        f"angka 0): {shape}.{hints['id'] or ' ' + _ADVICE_ID}",
        en=f"{file.title}: its lines fit no log format that is known or declared; their shape (letters a, digits 0): "
        f"{shape}.{hints['en'] or ' ' + _ADVICE_EN}",
    )


def shape_of(line: bytes) -> str:
    """A line with every letter as `a` and every digit as `0`, cut where it is long."""
    text = re.sub(r"[^\W\d_]", "a", line[:_SHOWN_BYTES].decode("utf-8", "replace").replace("\ufffd", "a"))
    return re.sub(r"\d", "0", text) + ("…" if len(line) > _SHOWN_BYTES else "")


def fitting_format(lines: list[bytes], *, terms: LogTerms) -> str:
    """A known name of a format by which most of a file's first lines are read; empty when there is none."""
    plain = [(name,) for name in NAMED if name in KNOWN_NAMES]
    wrapped = [(wrapper, *inner) for wrapper in WRAPPERS for inner in [(), *plain]]
    for names in [*plain, *(wrapped if lines[0].startswith(b"{") else ())]:
        other = LineTerms(log_format=names, clock_zone=terms.zone)
        if 100 * len(_read(lines, terms=other).lines) > _FITTING_PCT * len(lines):
            return f"[{', '.join(names)}]" if len(names) > 1 else names[0]
    return ""


def lacking_columns(lines: list[bytes]) -> tuple[str, ...]:
    """What the last `#Fields:` line among some lines lacks."""
    directives = [line for line in lines if line.startswith(FIELDS_DIRECTIVE.encode())]
    return w3c_formats(directives[-1].decode("utf-8", "replace"))[0].lacks if directives else ()


def _unnamed(file: LogFile, missing: list[str], there: list[str]) -> SourceChanged:
    parts, names = (", ".join(map(harmless, texts)) for texts in (missing, there))
    return SourceChanged(
        id=f"{file.title}: baris JSON-nya tidak memuat {parts} dengan nama yang dikenal; yang ada: {names}. "
        "Sebutkan tempatnya di 'fields' sumber ini.",
        en=f"{file.title}: its JSON lines do not tell {parts} under a known name; they have: {names}. "
        "Say where it stands under 'fields' of this source.",
    )


def _told_twice(file: LogFile, key: str) -> SourceChanged:
    return SourceChanged(
        id=f"{file.title}: baris JSON-nya memuat nama {harmless(key)} dua kali; nilainya tidak pasti. Perbaiki "
        "log_format di server; baris yang lalu perlu diekspor ulang dengan satu nama saja.",
        en=f"{file.title}: its JSON lines have the name {harmless(key)} twice, so its value is not certain. Correct "
        "log_format on the server; past lines must be exported again with one of the two.",
    )


def _without_columns(file: LogFile, lacking: tuple[str, ...]) -> SourceChanged:
    return SourceChanged(
        id=f"{file.title}: baris #Fields-nya tidak memuat {'; '.join(lacking)}. Minta pengelola server menambah kolom "
        "itu pada pengaturan log (IIS Manager > Logging > Select Fields); hari yang lalu tidak dapat dihitung.",
        en=f"{file.title}: its #Fields line lacks {'; '.join(lacking)}. Ask the server's administrator to add the "
        "columns to what is logged (IIS Manager > Logging > Select Fields); past days cannot be counted.",
    )


def _hits(file: LogFile, *, terms: LineTerms) -> Hits:
    return _read(_first_lines(file), terms=terms)


def _read(lines: list[bytes], *, terms: LineTerms) -> Hits:
    return LineReader(terms).read(b"".join(line + b"\n" for line in lines) or b"\n")


def _first_lines(file: LogFile) -> list[bytes]:
    """The whole lines in a file's first bytes, or the beginning of an overlong first line."""
    with open_log(Chunk(file, 1)) as stream:
        head = bytearray(stream.read(_HEAD_BYTES))
    end_lines(head, 0, len(head))
    whole = head.rpartition(b"\n")[0] if len(head) == _HEAD_BYTES else head.removesuffix(b"\n")
    return bytes(whole).split(b"\n")
