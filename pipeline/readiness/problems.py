"""What may be wrong with an answer or its evidence, each said by name in the reader's language."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from pipeline.language import Language
from pipeline.readiness.questions import Question

Code = Literal[
    "missing_answer",
    "unknown_answer",
    "unknown_suggestion_word",
    "answered_twice",
    "unknown_question",
    "unreadable_date",
    "dates_do_not_pair",
    "valid_until_before_date",
    "no_evidence",
    "evidence_for_no",
    "no_suggestion",
    "file_missing",
    "leads_outside",
    "file_unnamed",
    "encrypted",
    "broken",
    "beyond_limits",
    "expired",
    "dated_later",
    "not_yet_dated",
    "same_bytes",
    "cannot_append",
    "too_many_pages",
    "active_content",
    "signed",
    "restricted",
]
MESSAGES: Mapping[Code, str] = {
    "missing_answer": "Not answered. Write Ya or Tidak in the form.",
    "unknown_answer": "The answer '{word}' is not known and does not count. Write Ya or Tidak.",
    "unknown_suggestion_word": "'{word}' is not known in the column of Tolok's evidence. Write Terima or leave it "
    "empty.",
    "answered_twice": "Answered in two rows of the form; the first one counts. Delete the other.",
    "unknown_question": "The form has a row '{row}' that is none of the 36 questions; it does not count.",
    "unreadable_date": "The date '{word}' is not known and counts as not stated. Write it like 31/12/2025.",
    "dates_do_not_pair": "Files ({files}) and dates ({dates}) differ in number. Write one date for all of them, or one "
    "line for each file.",
    "valid_until_before_date": "'{file}' is said to end ({until}) before its date ({dated}). Mend one of them.",
    "no_evidence": "Ya without evidence that can be looked at: unproven.",
    "evidence_for_no": "The answer is Tidak, but evidence is named. Mend the answer or clear the evidence.",
    "no_suggestion": "Tolok's own evidence was accepted, but Tolok has none for {year}. Run: {command}",
    "file_missing": "'{file}' is named in the form but is not there. Put it into the folder {folder}.",
    "leads_outside": "'{file}' leads out of the folder of evidence and is not read. Copy the file into {folder}.",
    "file_unnamed": "'{file}' lies there but no answer names it, so it proves nothing. Name it in the form or remove "
    "it.",
    "encrypted": "'{file}' is encrypted and proves nothing. Save it without a password.",
    "broken": "'{file}' is broken or not what its name says, and proves nothing. Save it anew.",
    "beyond_limits": "'{file}' takes more time or memory than is allowed and proves nothing. Print it to a new PDF.",
    "expired": "'{file}' was valid until {until}, so it proves nothing on {day}.",
    "dated_later": "'{file}' is dated {dated}, after {day}. Look whether it belongs to this year.",
    "not_yet_dated": "'{file}' is dated {dated}, a day that is yet to come, so it proves nothing. Mend the date.",
    "same_bytes": "'{file}' has the same content as '{other}'; it is appended once.",
    "cannot_append": "'{file}' cannot be appended; the list names it with hash and date. Better: save it as PDF.",
    "too_many_pages": "'{file}' has {pages} pages, more than {most}; it is listed but not appended. Keep the pages "
    "that matter in a file of their own, or raise readiness.most_pages.",
    "active_content": "'{file}' had active content, which the dossier leaves out: {kinds}.",
    "restricted": "'{file}' opens without a password but restricts what may be done with it; it is appended.",
    "signed": "'{file}' is signed electronically. A copy cannot carry the signature: keep the file itself.",
}
# What was found in a PDF and left out of the dossier.
ACTIVE = {
    "script": "script",
    "open_action": "action on opening",
    "launch": "start of a program",
    "embedded_file": "embedded file",
    "submit": "sending of a form",
    "media": "sound, film or 3D",
}
# What people may want to know, but that takes nothing from an answer.
NOTES: frozenset[Code] = frozenset(
    {
        *("same_bytes", "cannot_append", "too_many_pages", "active_content", "signed", "restricted"),
        *("file_unnamed", "dated_later"),
    }
)
_LONGEST_WORD = 60


@dataclass(frozen=True)
class Problem:
    """One thing that a person should look at; `question` is null where it belongs to none."""

    code: Code
    question: Question | None = None
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_note(self) -> bool:
        """Whether it takes nothing from the answer."""
        return self.code in NOTES

    def text(self, language: Language) -> str:
        """What is wrong and what to do."""
        return language(MESSAGES[self.code], **{name: said(value, language) for name, value in self.values.items()})


def grouped(problems: Iterable[Problem]) -> list[tuple[Problem, list[str]]]:
    """Problems by question, those of none at the end; each once, with the labels of all questions it is said of."""
    found: dict[str, tuple[Problem, list[str]]] = {}
    for one in sorted(problems, key=lambda one: one.question.label if one.question else "~"):
        _, labels = found.setdefault(one.text(Language("en")), (one, []))
        labels += [one.question.label] if one.question else []
    return list(found.values())


def said(value: object, language: Language) -> str:
    """A value within a sentence: days by the language, the kinds of active content by name, other texts fit to show."""
    if isinstance(value, date):
        return language.day(value)
    if isinstance(value, tuple):
        return ", ".join(language(ACTIVE[kind]) for kind in value)
    return fit_to_show(str(value), longest=300)


def fit_to_show(text: str, *, longest: int = _LONGEST_WORD) -> str:
    """A text whose control and direction marks are written out, cut in the middle when it is too long."""
    shown = "".join(_shown(sign) for sign in unicodedata.normalize("NFC", text))
    if len(shown) <= longest:
        return shown
    half = (longest - 1) // 2
    return f"{shown[:half]}…{shown[-half:]}"


def _shown(sign: str) -> str:
    """Marks that no one sees would make a name look like another one."""
    is_visible = unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    return sign if is_visible else f"\\u{ord(sign):04x}"
