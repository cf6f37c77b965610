"""The 36 questions of the readiness check, nine themes for each indicator, and the evidence typical of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pipeline.indicators.definition import Definition, definitions
from pipeline.indicators.themes import THEMES
from pipeline.language import Language

SUBJECTS = {
    "portal_visits": "the open data portal",
    "online_services": "the services that the city offers online",
    "inquiry_response": "the non-emergency inquiry system",
    "it_downtime": "the city's IT infrastructure and its outages",
}
ASKED = {
    1: "Is there a written work plan for {subject}?",
    2: "Have people, budget and equipment been set aside for {subject}?",
    3: "Is it laid down who is responsible for {subject}?",
    4: "Have the staff in charge of {subject} been trained?",
    5: "Is a system used to manage {subject}?",
    6: "Are those with a stake in {subject} identified?",
    7: "Does somebody monitor {subject}, and is something done when a target is missed?",
    8: "Is the quality of the data about {subject} checked?",
    9: "Does the local government review {subject} at regular intervals?",
}
ASKED_OF_ONE = {
    ("it_downtime", 1): "Is there a written plan for scheduled shutdowns, for disturbances and emergencies, and for "
    "mitigating risks of {subject}?",
    ("it_downtime", 5): "Is a system or a written procedure used to manage {subject}?",
}
EVIDENCE = {
    1: "Annual work plan (renja)",
    2: "Strategic plan (renstra), budget document",
    3: "Decree that names the managing unit",
    4: "Attendance lists, assignment letters, photos",
    5: "Address and screenshots of the application",
    6: "Decree of the managing agencies",
    7: "Statistics in an executive information system, monitoring reports",
    8: "Results of data validation, statistics in an executive information system",
    9: "Minutes, invitations and photos of evaluation meetings",
}
EVIDENCE_OF_ONE = {
    ("inquiry_response", 3): "Decree that names the managing unit, decree that names the SP4N-LAPOR liaison",
    ("inquiry_response", 7): "Complaint statistics in an executive information system",
    ("inquiry_response", 8): "Complaint statistics in an executive information system, results of data validation",
    ("it_downtime", 1): "Plan of scheduled shutdowns, procedure for disturbances and emergencies, risk mitigation plan",
    ("it_downtime", 3): "Decree that names the managing unit; it need not be about outages alone",
    ("it_downtime", 5): "Screenshots of the monitoring system; a written procedure counts as well",
}


@dataclass(frozen=True, order=True)
class Question:
    """One question of an indicator; `theme` is 1 to 9."""

    clause: str
    theme: int
    indicator_id: str

    @property
    def label(self) -> str:
        """Clause and theme as people name it, such as `10.3/4`."""
        return f"{self.clause}/{self.theme}"

    @cached_property
    def definition(self) -> Definition:
        """The written rule of its indicator."""
        return definitions()[self.indicator_id]

    def asked(self, language: Language) -> str:
        """The question as a sentence."""
        message = ASKED_OF_ONE.get((self.indicator_id, self.theme), ASKED[self.theme])
        return language(message, subject=language(SUBJECTS[self.indicator_id]))

    def typical_evidence(self, language: Language) -> str:
        """What usually proves a yes."""
        return language(EVIDENCE_OF_ONE.get((self.indicator_id, self.theme), EVIDENCE[self.theme]))


QUESTIONS = tuple(Question(one.clause, theme, one.id) for one in definitions().values() for theme in THEMES)
