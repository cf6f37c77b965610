"""What in a short text tells of a person: numbers, addresses, accounts, names after a salutation, own words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Literal, get_args

from connectors.personal_names import holds_name, is_of_office, knows_name

Kind = Literal[
    "identity number", "card or account", "phone", "e-mail", "handle", "name", "address", "plate", "free text"
]
KINDS: tuple[Kind, ...] = get_args(Kind)

_UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
# Marks that word processors write for hyphens and stops.
_ALIKE = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043", "-") | dict.fromkeys("·•∙", ".")
)
# Letters of other scripts that look like these, and letters that stand for digits between digits.
_LATIN = str.maketrans("АВЕЅІЈКМНОРСТХУаесѕіјорхуΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABESIJKMHOPCTXYaecsijopxyABEZHIKMNOPTYXo")
_FOR_ONE, _FOR_NOUGHT = (
    re.compile(r"(?<=\d)[Il](?=[\s.\-]?\d)"),
    re.compile(r"(?<=\d)[Oo](?=[\s.\-]?\d)|(?<=\d{3})[Oo]$"),
)
_APART = r"[\s.\-_/()]{0,3}"

# A run of 13 to 18 digits wherever one begins, so that a number before it hides none.
_LONG_NUMBER = re.compile(r"(?<!\d)(?=(\d(?:[\s.\-_/]{0,2}\d){12,17})(?!\d))")
_DATE = re.compile(r"(?<!\d)(?:\d{1,2}[/-]\d{1,2}[/-](?:19|20)\d\d|(?:19|20)\d\d-\d\d-\d\d)(?!\d)")
_SIXTEEN = re.compile(r"(?<!\d)(?=(\d(?:[\s.\-_/]{0,2}\d){15})(?!\d))")
_CIVIL_SERVANT = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d\W?(?:19|20)\d\d(?:0[1-9]|1[0-2])\W?[12]\W?\d{3}(?!\d)"
)
_TAXPAYER = re.compile(r"(?<!\d)\d{2}\.\d{3}\.\d{3}\.\d-\d{3}\.\d{3}(?!\d)")
_NAMED_NUMBER = re.compile(
    r"\b(?:nik|no\.? ?ktp|ktp|no\.? ?kk|kk|nip|npwp|sim|bpjs|jkn|kis)\b\W{0,4}(?:no\w*\W{0,3})?"
    r"\d(?:[\s.\-_/]{0,2}\d){9,}"
    r"|\b(?:paspor|passport)\b\W{0,4}(?:no\w*\W{0,3})?[a-z]{1,2} ?\d{6,7}\b",
    re.I,
)
_ACCOUNT = re.compile(r"\b(?:no\.? ?)?(?:rek(?:ening)?|norek)\b\.?[^\d]{0,20}\d(?:[\s.\-]?\d){7,}", re.I)

_PHONE = re.compile(
    rf"(?<!\d)(?:\(?\+?{_APART}(?:0{{0,2}}62)\)?{_APART}(?:\(?0\)?{_APART})?|[0Oo]{_APART})8(?!00)(?:{_APART}\d){{7,11}}(?!\d)"
    rf"|\+\s?62{_APART}(?:\(?0\)?{_APART})?[1-79](?:{_APART}\d){{7,10}}(?!\d)"
    rf"|\b(?:hp|wa|whatsapp|telp?|tlp|telepon|ponsel|phone|kontak|hub(?:ungi)?)\b[^\d+]{{0,12}}8(?:{_APART}\d){{8,11}}(?!\d)"
    r"|\b(?:hp|telp?|tlp|telepon)\b[^\d+]{0,12}\(?0[2-79]\d{1,2}\)?[ .-]?\d{3,4}[ .-]?\d{3,4}(?!\d)",
    re.I,
)
_SPELT_NUMBER = re.compile(
    r"(?:\b(?:nol|kosong|satu|dua|tiga|empat|lima|enam|tujuh|delapan|lapan|sembilan)\b[\s,.\-]*){8,}", re.I
)

# A mailbox of an office is a channel and no person's: by its host, or by the task it is named after.
_OFFICE = re.compile(
    r"(?P<user>[^\s@<:]+) ?@ ?[\w.-]+\.(?:go|desa)\.id\b"
    r"|\b(?:lapor|aduan|pengaduan|info|cs|humas|help-?desk|admin|ppid|no-?reply|call\.?center|layanan|halo|kontak|contact"
    r"|customer\.?(?:care|service)|support|sekretariat|pelayanan)@(?!gmail|yahoo|ymail|hotmail|outlook)[\w-]+\.[\w.]+",
    re.I,
)
_EMAIL = re.compile(
    r"[^\s@](?:\s?@\s|@)[\w-]+\s?\.\s?\w|[\w.+-]+ @(?:gmail|yahoo|ymail|hotmail|outlook|icloud)\."
    r"|[\w.+-]+\s?[\[({<]\s?(?:at|et)\s?[\])}>]\s?[\w-]+\s?(?:[\[({<]\s?(?:dot|titik)\s?[\])}>]|\.| dot | titik )\s?\w"
    r"|[\w.+-]+ (?:at|et) (?:gmail|yahoo|ymail|rocketmail|hotmail|outlook|icloud|proton\w*)\b",
    re.I,
)

# An account at a service of messages or films, and the address that opens it.
_PLATFORM = (
    r"(?:twitter|x|ig|insta\w*|tele\w*|tiktok|threads|line|youtube|yt|facebook|fb|akun|user\w*|medsos|dm|mention)"
)
_HANDLE = re.compile(
    rf"(?:^|[:(,/-] ?|\b{_PLATFORM} )@(?P<of>[a-z][\w.]{{2,}})"
    r"|(?<![^\s:(,/])@(?P<marked>[a-z](?=[a-z.]*[\d_])[\w.]{2,})",
    re.I,
)
_PROFILE = re.compile(
    r"\b(?:t\.me|telegram\.me|wa\.me|fb\.(?:com|me)|(?:facebook|instagram|tiktok|twitter|x|threads|youtube|linkedin)\.(?:com|net))"
    r"/(?:(?:in|u|user|c|channel|profile\.php\?id=)/?)?@?(?P<of>\+?[\w.\-]{3,})",
    re.I,
)

_STREET = r"(?:jl|jln|jalan|gg|gang|lorong|dusun|dsn)"
_RULE = r"(?:perda|perwal|perbup|pergub|permen|uu|undang|tahun|surat|nasional|provinsi|kabupaten|negara|tol)"
_HOUSE = r"(?:no|nomor|nmr|num)\b\.?\s*:?\s*\d{1,4}"
_ADDRESS = re.compile(
    rf"\b{_STREET}\b\.?(?:(?!\b{_RULE}\b)[^:;]){{2,60}}?\b{_HOUSE}"
    r"|\b(?:jl|jln|gg)\b\.?\s?(?:(?!\bkm\b)[^\W\d_]|[ .'])"
    r"{2,40}\s\d{1,3}\s?[a-z]?(?=$|[,;)]|\s*(?:rt|kel|kec|desa)\b)"
    r"|\brt\W{0,3}\d{1,3}\W{1,4}(?:rw\W{0,3})?\d{1,3}\b"
    rf"|\b(?:perum\w*|komp(?:leks?|lek)?|griya|cluster|kavling|kav|blok|blk)\b.{{0,40}}?\b{_HOUSE}"
    r"|\b(?:perum\w*|komp(?:leks?|lek)?|griya|cluster)\b.{2,40}?\bblo?k\W{0,2}[a-z]{1,2}\W{0,3}\d{1,3}\b",
    re.I,
)

_PLATE_AREAS = "A[ABDEG]?|B[ABDEGHKLMNP]?|D[ABCDEGHKLMNPRST]?|E[ABD]?|F|G|H|K[BHTU]?|L|M|N|P[ABGS]?|R|S|T|W|Z"
_UNITS = "GB|TB|MB|KB|HZ|KHZ|MHZ|GHZ|KV|KVA|VA|KM|RPM|MW|KW|BTU|PCS|LED|KWH"
_IN_PLACE = "".join(rf"(?<!(?i:\b{word} ))" for word in ("node", "blok", "rak", "rack", "ruang", "gedung", "kode"))
_PLATE = re.compile(
    rf"{_IN_PLACE}\b(?:{_PLATE_AREAS})[ .-]?\d{{3,4}}[ .-]?(?!(?:{_UNITS})\b)[A-Z]{{2,3}}\b"
    rf"|^(?i:(?:{_PLATE_AREAS}) ?\d{{4}} ?(?!(?:{_UNITS})\b)[a-z]{{2,3}})$"
)
_NAMED_PLATE = re.compile(
    r"\b(?:nopol|plat(?: nomor)?|nomor polisi|no\.? ?pol\w*|mobil|motor|kendaraan|truk|pikap|angkot|taksi"
    r"|parkir(?: liar)?|sopir)\b(?:\W{0,4}|[^\d]{0,40}\W)"
    rf"(?:{_PLATE_AREAS})[ .-]?\d{{1,4}}[ .-]?(?!(?:{_UNITS})\b)[a-z]{{1,3}}\b",
    re.I,
)

_BIRTH = re.compile(r"\b(?:ttl|lahir|dob|date of birth)\b\D{0,25}\d{1,4}[\s./-]\w+[\s./-]\d{2,4}", re.I)

_OWN_WORDS = re.compile(
    r"\b(?:saya|kami|aku|tolong|mohon|kenapa|mengapa|tetangga|suami|istri|kok|udah|sdh|blm|yg|gak|nggak|tdk"
    r"|terima kasih|trims|makasih|pak|bu|min|assalamu\w*|selamat (?:pagi|siang|sore|malam)|my|please|neighbou?r|our"
    r"|husband|wife|i am|i'm|me)\b",
    re.I,
)
_LONG, _LONGEST = 45, 150
_PIECE, _OVERLAP = 300, 80


def personal_kind(text: str, *, but: Collection[str] = ()) -> Kind | None:
    """The first kind of thing about a person that a text holds, apart from some kinds; null for none.

    Made for texts that name a group, such as a channel or a category: more than a name of one is taken for a citizen's
    own words. Not meant are mailboxes of offices (`.go.id`, `.desa.id`) and whom a street or hospital is named after.
    """
    plain = _plain(text)
    if len(plain) > _LONGEST and "free text" not in but:
        return "free text"
    # What is longer is looked at piece by piece, so that no text takes more time than its length.
    pieces = (plain[begin : begin + _PIECE] for begin in range(0, max(1, len(plain) - _OVERLAP), _PIECE - _OVERLAP))
    return next((kind for piece in pieces for kind in _kinds(piece) if kind not in but), None)


def _plain(text: str) -> str:
    text = _UNSEEN.sub("", unicodedata.normalize("NFKC", text)).translate(_ALIKE).translate(_LATIN)
    return " ".join(_FOR_NOUGHT.sub("0", _FOR_ONE.sub("1", text)).split())


@lru_cache(maxsize=4096)
def _kinds(text: str) -> tuple[Kind, ...]:
    return tuple(_found(text))


def _found(text: str) -> Iterator[Kind]:
    if _holds_identity_number(text):
        yield "identity number"
    if _ACCOUNT.search(text) or any(map(_is_card_number, _LONG_NUMBER.findall(_DATE.sub(";", text)))):
        yield "card or account"
    if _PHONE.search(_DATE.sub(";", text)) or _SPELT_NUMBER.search(text):
        yield "phone"
    if _EMAIL.search(_OFFICE.sub(_of_person, text)):
        yield "e-mail"
    accounts = [found.groupdict() for pattern in (_HANDLE, _PROFILE) for found in pattern.finditer(text)]
    if any(not is_of_office(found["of"] or found["marked"]) for found in accounts):
        yield "handle"
    if holds_name(text):
        yield "name"
    if _ADDRESS.search(text) or _BIRTH.search(text):
        yield "address"
    if _PLATE.search(text) or _NAMED_PLATE.search(text):
        yield "plate"
    if len(text) > _LONG and len({word.casefold() for word in _OWN_WORDS.findall(text)}) > 1:
        yield "free text"


def _holds_identity_number(text: str) -> bool:
    if _CIVIL_SERVANT.search(text) or _TAXPAYER.search(text) or _NAMED_NUMBER.search(text):
        return True
    # Sixteen digits without any mark are a number of a person, though one of them be mistyped.
    return any(
        found.isdigit() or is_identity_number(_digits(found)) for found in _SIXTEEN.findall(_DATE.sub(";", text))
    )


def is_identity_number(digits: str) -> bool:
    """Whether 16 digits begin with a province and hold a day of birth, of women counted from 41."""
    if re.fullmatch(r"(?:1[1-9]|21|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[12]|9[1-7])\d{14}", digits) is None:
        return False
    day, month = int(digits[6:8]), int(digits[8:10])
    return 1 <= day - 40 * (day > 40) <= 31 and 1 <= month <= 12


def _is_card_number(found: str) -> bool:
    """Whether the last of 14 to 18 digits proves the others (Luhn), as on bank cards."""
    digits = _digits(found)
    if len(digits) < 14 or digits[0] not in "3456":
        return False
    doubled = [2 * int(one) if place % 2 else int(one) for place, one in enumerate(reversed(digits))]
    return sum(one - 9 * (one > 9) for one in doubled) % 10 == 0


def _of_person(mailbox: re.Match[str]) -> str:
    """The mailbox where it is named after a person, else nothing."""
    return mailbox[0] if any(map(knows_name, re.split(r"[\W\d_]+", mailbox["user"] or ""))) else ""


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))
