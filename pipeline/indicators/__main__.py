"""Write `catalogue.json` anew from the definitions in each indicator's file: `python -m pipeline.indicators`."""

from pipeline.indicators.definition import CATALOGUE
from pipeline.indicators.registry import catalogue

CATALOGUE.write_text(catalogue(), "utf-8")
