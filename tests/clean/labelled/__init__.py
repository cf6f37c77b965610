"""Labelled texts of desks, written before the rules were read or were mended, as their lists say them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
_UNSEEN = {"{nbsp}": "\u00a0", "{thin}": "\u2009", "{zwsp}": "\u200b", "{zwnj}": "\u200c", "{shy}": "\u00ad"}
_OF_EACH = 4


@dataclass(frozen=True)
class Labelled:
    """A whole cell that tells of a person, and the line of its list that it was made from."""

    text: str
    line: str


def personal() -> list[Labelled]:
    """The cells that tell of a person: those written out, and each line of a desk with some made-up persons."""
    chance = random.Random(2025)  # noqa: S311 made-up persons
    bare = str.maketrans("", "", "⟦⟧")
    written = [
        Labelled(_seen(line).translate(bare), line) for name in ("written_out", "later") for line in _lines(name)
    ]
    return written + [Labelled(_filled(line, chance), line) for line in _lines("desks") for _ in range(_OF_EACH)]


def accounts_and_roles() -> list[str]:
    """The cells of a later hand: accounts, letters of other scripts, callings that no list held."""
    return [_seen(line) for line in _lines("accounts_and_roles")]


def accounts_and_roles_sound() -> list[str]:
    """The sound cells of that hand."""
    return list(_lines("accounts_and_roles_sound"))


def sound() -> list[str]:
    """The cells that tell of nobody."""
    return [*_lines("sound"), *_lines("later_sound")]


def _lines(name: str) -> Iterator[str]:
    lines = (_HERE / f"{name}.txt").read_text("utf-8").splitlines()
    return (line for line in lines if line and not line.startswith("# "))


def _seen(text: str) -> str:
    for mark, character in _UNSEEN.items():
        text = text.replace(mark, character)
    return text


def _filled(line: str, chance: random.Random) -> str:
    for what, made in _MADE.items():
        if what in line:
            line = line.replace(what, made(chance))
    return line


def _name(chance: random.Random) -> str:
    return chance.choice(list(_lines("names")))


def _family_number(chance: random.Random) -> str:
    region = chance.choice(["110101", "140802", "181105", "327304", "337411", "350917", "510302", "611201", "820304"])
    issued = f"{chance.randint(1, 28):02}{chance.randint(1, 12):02}{chance.randint(3, 24):02}"
    return f"{region}{issued}{chance.randint(1, 60):04}"


def _identity_number(chance: random.Random) -> str:
    number = _family_number(chance)
    day = int(number[6:8]) + chance.choice([0, 40])
    return f"{number[:6]}{day:02}{number[8:10]}{chance.randint(40, 99)}{number[12:]}"


def _phone(chance: random.Random) -> str:
    mark = chance.choice(["", "", "-", " ", ".", "–", "\u2011", "\u00a0"])
    begin, rest = chance.choice(["08", "08", "+628", "628"]), str(chance.randint(1_100_000_000, 9_999_999_999))
    return mark.join([begin + rest[:2], rest[2:6], rest[6:]])


def _mail(chance: random.Random) -> str:
    user = _name(chance).split()[0].strip(".,'").casefold() + str(chance.randint(1, 99))
    return f"{user}@{chance.choice(['gmail.com', 'yahoo.com', 'mail.ugm.ac.id', 'rocketmail.com', 'perusahaan.co.id'])}"


def _plate(chance: random.Random) -> str:
    area, end = chance.choice(["B", "D", "AB", "BK", "KB", "DD", "PA", "L"]), chance.choice(["A", "XY", "KZN", "TUI"])
    text = chance.choice([" ", "", "-", "\u00a0"]).join([area, str(chance.randint(1000, 9999)), end])
    return chance.choice([text, text.casefold()])


def _taxpayer(chance: random.Random) -> str:
    digits = str(chance.randint(10**14, 10**15 - 1))
    dotted = f"{digits[:2]}.{digits[2:5]}.{digits[5:8]}.{digits[8]}-{digits[9:12]}.{digits[12:]}"
    return chance.choice([digits, dotted])


_MADE: dict[str, Callable[[random.Random], str]] = {
    "{name}": _name,
    "{nik}": _identity_number,
    "{kk}": _family_number,
    "{phone}": _phone,
    "{email}": _mail,
    "{plate}": _plate,
    "{npwp}": _taxpayer,
}
