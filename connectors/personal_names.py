"""Whether a short text names a person: after a salutation, in a role, before a degree, or by common names alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

_BEGINS = r"(?<![^\W_])"
# Initials, degrees and particles that stand between a salutation and the name.
_BEFORE = r"(?:(?:(?<!\w)[a-z]|hj|kh|k\.h|dr|drs|dra|drg|ir|prof|rr|tgk|ust|ustadz)\b\.?\s*){0,4}"
_LETTERS = r"(?i:anak agung)\b|[^\W\d_][^\W\d_'’.]+"
_CAPITALISED = r"[A-Z][^\W\d_'’]+"
_GAP = r"(?:\s*[.:;=/(,\"'\-]\s*|\s+){1,3}"

# What stands before a name and before little else: any word but `no_names` is taken for a name.
_SALUTED = re.compile(
    rf"{_BEGINS}(?:bpk|bp|bapak|pak|ibu|bu|bunda|sdr[ia]?|sdra|saudar[ai]|tn|tuan|ny|nyonya|nn|nona|mbak|hj|mr|mrs|ms"
    rf"|miss|alm|almh|almarhum|almarhumah)(?<!(?:ny|tn|nn|hj|mr|ms)(?=-)){_GAP}(?={_BEFORE}(?P<name>{_LETTERS}))",
    re.I,
)
# The same with an office in between: that of a district's head is followed by the district as often.
_IN_OFFICE = re.compile(
    rf"{_BEGINS}(?i:pak|bu|bapak|ibu)\s+(?i:(?P<district>lurah|camat|kades)|rt|rw|haji|guru|dokter)\b[\s\d/(.]+"
    rf"(?P<name>{_CAPITALISED})"
)
# Ranks, ministers of religion and what people of a region call each other.
_RANKED = re.compile(
    r"\b(?i:bripka|bripda|briptu|brigadir|aiptu|aipda|ipda|iptu|akp|kompol|akbp|serka|serda|sertu|letda|lettu"
    r"|pdt|pendeta|romo|suster|cak|neng|mang|tuan guru)\b\.?\s+(?:[A-Z][a-z]{1,3}\.\s*)?"
    rf"(?P<name>{_CAPITALISED})"
)
# Those of ministers of religion, doctors and scholars also stand in names of streets and hospitals; `mas` is gold.
_HONOURED = re.compile(
    rf"{_BEGINS}(?:(?:H|KH|K\.H|Ust|Dr|dr|drg|Drg|Drs|Dra|Ir|Prof|R|Rr|Tgk)\.\s*"
    rf"|(?:Ust(?:ad|adz|az|azah)|K[iy]ai|Nyai)\s+)(?P<name>{_CAPITALISED})"
)
_FAMILIAR = re.compile(
    r"(?:^|[,;(/:-]\s*|\b(?:dari|oleh|lapor|hub\.?|kepada)\s+)"
    rf"(?:Mas|Kang|Gus|Mbah|Pakde|Bude|Bang|Kak|Teh|Om|Tante|Uda|Uni)\s+(?P<name>{_CAPITALISED})"
)
_OF_REGIONS = re.compile(
    r"(?:^|[,;(/:-]\s*|\b(?:dari|oleh|lapor|hub\.?|kepada)\s+)(?:Daeng|Koh|Ko|Cik|Cici|Ci|Ce|Encik|Jro|Jero|Tengku|Teungku"
    r"|Tuanku|Andi|Lae|Ito|Opung|Tulang|Amang|Inang|Ning|Aa|Abah|Akang|Teteh|Eyang|Embah|Nek|Mak|Emak|Bli|Mbok|Bung|Ajo|Wak"
    r"|Ncang|Ncing|Paklik|Bulik|Budhe|Pakdhe|Oom|Opa|Oma|Nyi|Ki|Abang|Kakak|Adik|Paman|Bibi|Tante|Raden|Gusti|Ustaz)\s+"
    rf"(?P<name>{_CAPITALISED})$"
)
_WORD = re.compile(r"[^\W\d_]+")
_WHOLE_NAME = re.compile(rf"(?<![^\W_])(?P<name>{_CAPITALISED})(?![^\W_])")
_MARKED = re.compile(
    rf"{_BEGINS}(?:a\.\s?n\.?|an\s*[.:]|a[/\\]n\b|atas nama\b|attn\b\.?|c/p\b|ybs\b\.?|bernama\b|nama saya\b|\bttd\b"
    rf"|hormat kami\b)\W{{0,4}}(?={_BEFORE}(?P<name>{_LETTERS}))",
    re.I,
)
_NAME_OF = r"nama(?:nya| (?:lengkap|pelapor|pemohon|warga|pengadu|wp|pasien|pelanggan|siswa))?"
_ROLES = (
    rf"{_NAME_OF}|pelapor|pemohon|pengadu|pengirim|penelepon|penelpon|wajib pajak|wp|korban|penanggung jawab|pic|cp"
    r"|pemilik(?: (?:rumah|usaha|toko|warung|tanah|kendaraan))?|kontak|contact|petugas|operator|teknisi|reporter|caller"
    r"|requester|name|pasien|pelanggan|sopir|pengemudi|kepala keluarga|suami|istri|anak (?:kandung|dari)|ahli waris"
    r"|penerima(?: (?:bansos|pkh|bpnt|blt|bantuan|manfaat))?|orang tua(?: (?:murid|siswa))?|wali(?: (?:murid|siswa))?"
    r"|siswa|siswi|murid|assignee|assigned to|re(?:ques|por)ted (?:by|for)|disposisi|oleh|yth|u\.p\.?|saksi|direktur"
    r"|saya|tetangga|nasabah|warga|klien|mahasiswa|juru parkir|ketua r[tw]|kadus|bidan|dokter|perawat|guru|haji|nenek"
    r"|kakek|an"
)
_OF_OFFICES = re.compile(
    r"disposisi|oleh|yth|u\.p|petugas|operator|teknisi|kontak|contact|pic|cp|assigne|requested", re.I
)
_TOLD = re.compile(
    rf"\b(?P<role>{_ROLES}|anak)\b[\"'.]*\s*[:=][\s\"']*(?={_BEFORE}(?P<name>{_LETTERS}))",
    re.I,
)
_IN_ROLE = re.compile(
    rf"\b(?!(?i:name)\b)(?i:{_ROLES})\b[\s.\-\"']+(?i:{_BEFORE})(?P<name>{_LETTERS})"
    rf"(?:[ .]+(?:[A-Z]\. ?)*(?P<next>{_LETTERS}))?"
)
_NAMED_AFTER = re.compile(
    rf"\b(?:Pelapor|Pemohon|Pengadu|Penelepon|PELAPOR|PEMOHON|PENGADU)\s+(?P<name>{_CAPITALISED})"
)
_OF_PARENTS = re.compile(rf"\b{_CAPITALISED}\s+(?:bin|binti|boru|[Bb]r\.?)\s+{_CAPITALISED}")
_DEGREE = re.compile(
    r"[A-Z][^\W\d_]+,?\s+(?:S\.\s?(?:H|T|E|P|Pd|Kom|Sos|IP|Ked|Kep|Ag|Si|Gz|Pt|Hut|Psi|Ak|Farm|KM|STP|I\.?Kom)\b"
    r"|M\.\s?(?:Si|M|Kom|Pd|T|H|Hum|Kes|AP|Sc|Eng|Ak)\b|A\.\s?Md\b|Ph\.?D\b|Sp\.\s?[A-Z])"
    r"|[A-Z][^\W\d_]+ [A-Z][^\W\d_]+,\s?(?:SH|SE|ST|MM|MT|MH|MSi|M\.Si|SPd|MPd|SKom|SSos|SIP|SKM|Amd|AMd)\b"
)

_PLACE = (
    r"(?:rs\w{0,4}|rumah sakit|puskesmas|pkm|klinik|jl|jln|jalan|gg|gang|bandara|bandar udara|stadion|gedung|gd|gor"
    r"|taman|sdn?|smpn?|sman?|smkn?|tk|sekolah|masjid|musholla|universitas|univ|kampus|pasar|museum|perpustakaan"
    r"|terminal|pelabuhan|simpang|aula|balai|pendopo|monumen|lapangan|jembatan|pondok|ponpes|pesantren|yayasan"
    r"|laboratorium|kebun|hutan|tahura|tpu|makam|ruang|kantor|street|hospital|st|kelurahan|kel|kecamatan|kec|desa|dusun"
    r"|kampung|kp|halte|stasiun|rusun\w*|rusunawa|flyover|underpass|bundaran|waduk|bendungan|embung|perumahan|perum"
    r"|komplek|kompleks|pt|cv|ud|toko|warung makan|rm|apotek|hotel|plaza|mall?)"
)
# A kind of place right before a name, or with words in between that only tell the kind better.
_PLACE_BEFORE = re.compile(
    rf"\b{_PLACE}\b\.?(?:\s+(?:umum|daerah|pusat|raya|negeri|hutan|makam|sakit|jiwa|khusus|mata|islam|kota|induk|nasional"
    r"|besar|baru|lama|ir|h|hj|dr|drs|prof|k\.?h|kh|r|jend\w*|letjen|kapten|raden|ibu|bapak|pak|bu|[ivx]+|\d{1,3}"
    r"|(?-i:[A-Z])|(?-i:[A-Z]\.[A-Z.]*))\b\.?)*\s*$",
    re.I,
)
_PLACE_AFTER = re.compile(
    r"^\W+(?:[A-Z]\w+\.?\s+){0,3}(?:Park|Street|St|Ave|Avenue|Blvd|Boulevard|School|Hospital|Bridge|Square|Way|Drive)\b"
)


def holds_name(text: str) -> bool:
    """Whether a text on one line names a person; not whom a street, a school or a hospital is named after."""
    text = text.replace("_", " ")
    if _OF_PARENTS.search(text) or any(not _is_of_place(text, found) for found in _DEGREE.finditer(text)):
        return True
    return any(not _is_of_place(text, found) for found in _names(text)) or _is_name_alone(text)


def knows_name(word: str) -> bool:
    """Whether a word is a common name of persons and no other word."""
    small = word.strip(".,'’").casefold()
    words = _words()
    if small in words["no_names"]:
        return False
    return small in words["given"] or small in words["following"] or (len(small) > 5 and small.endswith(_endings()))


def is_of_office(account: str) -> bool:
    """Whether the name of an account or mailbox tells of an office or its task, and of no person."""
    words = re.findall(r"[a-z]+", account.casefold())
    offices = _words()["offices"]
    begins = tuple(word for word in offices if len(word) > 3)
    return any(word in offices or word.startswith(begins) for word in words) and not any(map(knows_name, words))


def _names(text: str) -> Iterator[re.Match[str]]:
    for pattern in _SALUTED, _RANKED, _FAMILIAR, _OF_REGIONS, _MARKED, _HONOURED:
        yield from filter(_is_name, pattern.finditer(text))
    yield from (found for found in _TOLD.finditer(text) if _is_name(found) and not _may_be_an_office(found))
    yield from (found for found in _NAMED_AFTER.finditer(text) if _is_name(found) and not _is_acronym(found["name"]))
    yield from (
        found
        for found in _IN_OFFICE.finditer(text)
        if _is_name(found) and (not found["district"] or knows_name(found["name"]))
    )
    yield from (found for found in _IN_ROLE.finditer(text) if knows_name(found["name"]) or _are_two_names(found))
    yield from _pairs(text)
    yield from _called(text)


def _pairs(text: str) -> Iterator[re.Match[str]]:
    """Words of which the first is given to persons and the next one follows it in a name."""
    for found in re.finditer(r"(?<!\w)(?P<name>[^\W\d_]{3,})[ .-]+(?=(?P<next>[^\W\d_]{3,})(?!\w))", text):
        if found["name"].casefold() in _words()["given"] and knows_name(found["name"]):
            is_spaced = found[0].endswith(" ") and not _is_ambiguous(found["name"])
            if _follows(found["next"]) or (is_spaced and _may_follow(found["next"])):
                yield found


def _called(text: str) -> Iterator[re.Match[str]]:
    """Words after a calling that are names of persons and little else."""
    calling = next((word for word in _WORD.finditer(text) if word[0].casefold() in _words()["callings"]), None)
    if calling is not None:
        after = _WHOLE_NAME.finditer(text, calling.end())
        yield from (found for found in after if knows_name(found["name"]) and not _is_ambiguous(found["name"]))


def _may_follow(word: str) -> bool:
    small = word.casefold()
    return word.istitle() and small not in _words()["no_names"] and small not in _words()["callings"]


def _is_ambiguous(word: str) -> bool:
    return word.casefold() in _words()["also_words"]


def _follows(word: str) -> bool:
    small = word.casefold()
    return small in _words()["following"] and small not in _words()["no_names"]


def _is_name(found: re.Match[str]) -> bool:
    return found["name"].strip(".'’").casefold() not in _words()["no_names"]


def _is_acronym(word: str) -> bool:
    return word.isupper() and len(word) <= 6 and not knows_name(word)


def _may_be_an_office(told: re.Match[str]) -> bool:
    """Whether one short word of capitals stands in a role that offices have too."""
    is_alone = re.match(r"\s+[^\W\d_]{3}", told.string[told.end("name") :]) is None
    return is_alone and _is_acronym(told["name"]) and _OF_OFFICES.match(told["role"]) is not None


def _are_two_names(found: re.Match[str]) -> bool:
    """Whether two words with capitals stand there that are no other words."""
    words = [found["name"], found["next"] or ""]
    no_names = _words()["no_names"]
    return all(word[:1].isupper() and not word.isupper() and word.casefold() not in no_names for word in words)


def _is_of_place(text: str, found: re.Match[str]) -> bool:
    if found.re in (_MARKED, _TOLD, _IN_ROLE):
        return False
    before = text[: found.start()]
    if found.re is _DEGREE:
        return re.search(rf"\b{_PLACE}\b[^,;:(]{{0,40}}$", before, re.I) is not None
    return _PLACE_BEFORE.search(before) is not None or _PLACE_AFTER.match(text[found.end("name") :]) is not None


def _is_name_alone(text: str) -> bool:
    if re.fullmatch(r"(?i:(?P<last>[^\W\d_]{3,}), ?(?P<first>[^\W\d_]{3,})\b[\w .]{0,30})", text):
        last, first = re.findall(r"[^\W\d_]{3,}", text)[:2]
        if _follows(last) or (knows_name(last) and knows_name(first)):
            return first.casefold() not in _words()["no_names"]
    words = [word.strip(".,") for word in text.split()] or [""]
    first, *others = words
    if not others or first.casefold() in _words()["no_names"]:
        return False
    if first.casefold() in _words()["given"] and all(knows_name(word) or len(word) == 1 for word in others):
        return True
    are_names = all(word.istitle() and word.casefold() not in _words()["no_names"] for word in words)
    return are_names and len(words) < 4 and words[-1].casefold() in _words()["following"] - _words()["also_words"]


@lru_cache(maxsize=1)
def _endings() -> tuple[str, ...]:
    return tuple(_words()["endings"])


@lru_cache(maxsize=1)
def _words() -> Mapping[str, frozenset[str]]:
    import yaml

    text = (Path(__file__).parent / "personal_words.yaml").read_text("utf-8")
    return {name: frozenset(words) for name, words in yaml.load(text, Loader=yaml.BaseLoader).items()}  # noqa: S506
