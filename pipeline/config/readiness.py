"""Where the readiness check of a city finds its forms and evidence, and how its dossier is called."""

from __future__ import annotations

from pydantic import Field, field_validator

from pipeline.config.strict import Strict, sound


class Readiness(Strict):
    """`folder` holds a folder for each year, relative to the YAML; without it `../readiness/<city>`.

    `dossier` names the PDF, `region` is what stands in it for `{region}`. A PDF of more than `most_pages` is listed,
    not appended. Evidence that ends within `expires_soon_days` is said to expire soon.
    """

    folder: str | None = None
    region: str | None = Field(default=None, min_length=1, max_length=80)
    dossier: str = "Tugas1_{region}.pdf"
    most_pages: int = Field(default=500, ge=1, le=2000)
    expires_soon_days: int = Field(default=90, ge=0, le=3650)

    @field_validator("dossier")
    @classmethod
    def _a_name_of_a_pdf(cls, value: str) -> str:
        bare = value.replace("{region}", "").replace("{year}", "")
        faults = []
        if "{region}" not in value or not value.endswith(".pdf") or set(bare) & set("/\\{}\0"):
            faults.append(
                "harus nama berkas .pdf dengan {region}, boleh {year}, misalnya Tugas1_{region}.pdf / must be the name "
                "of a .pdf file with {region}, perhaps {year}, such as Tugas1_{region}.pdf"
            )
        return sound(value, faults)
