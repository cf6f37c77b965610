"""A page of `docs/methods/` for each indicator, made from its definition."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, StrictUndefined

from pipeline.indicators.definition import Definition, definitions
from pipeline.tables import TABLES

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "methods"

_TEMPLATE = """\
<!-- Made from pipeline/indicators/{{ d.id }}.py by `make generated`; change the definition there. -->
# {{ d.clause }} `{{ d.id }}`

**{{ d.name_id }}**
{{ d.name_en }}

SNI ISO 37122:2019, {{ d.clause }} · metode / method {{ d.method_version }} ·
satuan / unit: {{ d.unit_id }} / {{ d.unit }}

## Aturan / Rule

{{ d.rule_id }}

{{ d.rule_en }}

    nilai = {{ d.numerator_id }} : {{ d.denominator_id }}{{ scale }}
    value = {{ d.numerator_en }} : {{ d.denominator_en }}{{ scale }}

## Varian / Variants

Dihitung dalam proses yang sama dan ditampilkan di samping nilai utama. / Computed in the same run and shown beside the
headline.

| id | beda dari nilai utama | how it differs from the headline |
|---|---|---|
{% for name, (in_id, in_en) in d.variants.items() %}
| `{{ name }}` | {{ in_id }} | {{ in_en }} |
{% endfor %}

## Sumber / Sources

{{ d.origin_id }}

{{ d.origin_en }}

Tabel bersih / clean table: [`{{ d.table }}`](../data-dictionary.md), {{ table.grain }}
{%- if d.also_reads %}; juga / also `{{ d.also_reads | join("`, `") }}`{% endif %}.

Aturan yang mengeluarkan baris / rules that leave rows out: `{{ table.exclusions | join("`, `") }}`.

## Membaca / Reading

{{ d.reading_id }}

{{ d.reading_en }}

{{ d.limits_id }}

{{ d.limits_en }}

## Tanggung jawab / Responsibility

Penulis / author: {{ d.author }}. Diperiksa orang kedua / checked by a second person:
{{ d.checker ~ ", " ~ d.checked_on if d.checker else "belum / not yet" }}.
Rumus / formula: [`pipeline/indicators/{{ d.id }}.py`](../../pipeline/indicators/{{ d.id }}.py)
"""


def page(definition: Definition) -> str:
    """The method page of one indicator, in Bahasa Indonesia and English, as Markdown."""
    environment = Environment(  # noqa: S701 Markdown of our own texts
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    scale = {1.0: "", 100.0: " x 100"}.get(definition.scale, f" : {1 / definition.scale:g}")
    return environment.from_string(_TEMPLATE).render(d=definition, table=TABLES[definition.table], scale=scale)


def write(folder: Path = FOLDER) -> None:
    """(Re)write every page; pages of indicators that are no more go."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        old.unlink()
    for definition in definitions().values():
        (folder / f"{definition.id}.md").write_text(page(definition), "utf-8")
