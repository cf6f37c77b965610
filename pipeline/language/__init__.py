"""Texts, dates and numbers as readers of one language expect them; the one home of what people read in reports."""

from pipeline.language.language import LANGUAGES, Language

__all__ = ["LANGUAGES", "Language"]
