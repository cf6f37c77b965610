"""What states are called, and the headings of the dossier; messages of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.readiness.answers import State
from pipeline.readiness.assessment import ProofState

STATE_NAMES: Mapping[State, str] = {
    "proven": "yes, proven",
    "unproven": "yes, unproven",
    "no": "no",
    "missing": "not answered",
}
PROOF_STATES: Mapping[ProofState, str] = {
    "sound": "appended",
    "missing": "not there",
    "leads_outside": "outside the folder, not read",
    "encrypted": "encrypted",
    "broken": "broken",
    "beyond_limits": "beyond limits of time or memory",
    "expired": "expired",
    "not_yet_dated": "dated in the future",
}
LABELS = {
    "readiness": "Readiness analysis",
    "year": "Year",
    "proven_questions": "questions answered yes and proven",
    "prepared_by": "Prepared by",
    "approved_by": "Approved by",
    "signed_name": "Name, position, date",
    "score": "Score and gaps",
    "indicator": "Indicator",
    "proven_short": "Proven",
    "of_four": "Proven of four indicators",
    "gaps": "Gaps",
    "no_gaps": "None: every answer is yes and proven.",
    "number": "No.",
    "theme": "No.",
    "question": "Question",
    "state": "State",
    "nothing_before": "The year before was not checked.",
    "no_changes": "Nothing.",
    "change": "What changed",
    "expiring": "Expires soon",
    "document": "Document",
    "valid_until": "Valid until",
    "form_1": "Form 1: answers",
    "form_2": "Form 2: evidence for each yes",
    "yes": "Yes",
    "no_word": "No",
    "note": "Note",
    "unit": "Responsible unit",
    "no_yes": "No question is answered yes.",
    "theme_name": "Theme",
    "evidence": "Evidence",
    "evidence_list": "List of evidence",
    "no_documents": "No document is named.",
    "attachment_number": "Att.",
    "sha256": "SHA-256",
    "problems": "Problems and notes",
    "own_evidence": "Tolok's own evidence",
    "own_explained": "Taken by the region from what Tolok itself computed, validated and reported.",
    "attachment": "Attachment",
    "attachments": "Attachments",
    "proves": "Evidence for",
}
