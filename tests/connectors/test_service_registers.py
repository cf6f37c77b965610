"""Published registers of services: Canada's inventory with its online steps, and the links of British councils."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from testing.cases import PERSON, Case, FakeFiles, Record
from testing.connector_suite import ConnectorSuite

STEPS = ("e_registration", "e_authentication", "e_application", "e_decision", "e_issuance", "e_feedback")


class Inventory(FakeFiles):
    """As published: a byte order mark, line breaks inside quotes, NA that is a value."""

    def write(self, folder: Path, records: Sequence[Record]) -> None:
        header = ("fiscal_yr", "service_id", "service_name_en", "department_name_en", "special_remarks_en", *STEPS)
        with (folder / "inventory.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            for r in records:
                writer.writerow(
                    (
                        "2018-2019",
                        r.record_id,
                        "Reports",
                        "Farm Council",
                        f"{PERSON}\nsecond line",
                        *"YYY",
                        "N",
                        "NA",
                        "ND",
                    )
                )


class Links(FakeFiles):
    """As published: a header of four names over rows of six, two councils' links of each service."""

    def write(self, folder: Path, records: Sequence[Record]) -> None:
        lines = ["la,lgsl,lgil,link"]
        for r in records:
            lines.append(
                f"leicester,service-{r.record_id},providing-information,http://a.example/{PERSON},{r.record_id},8"
            )
            lines.append(f"bristol,service-{r.record_id},providing-information,http://b.example/,{r.record_id},8")
        (folder / "links.csv").write_text("\n".join(lines) + "\n", "utf-8")


class TestCanadaServiceInventory(ConnectorSuite):
    CASE = Case(
        "canada_service_inventory",
        {"system": "canada_service_inventory"},
        Inventory(),
        has_ends=False,
        counts="entries",
    )


_BRISTOL = {"column": "la", "values": {"bristol": "true"}, "otherwise": "false"}


class TestUkLocalLinks(ConnectorSuite):
    CASE = Case(
        "uk_local_links",
        {
            "system": "uk_local_links",
            "columns": {"is_accessible_online": _BRISTOL, "is_requestable_online": _BRISTOL},
        },
        Links(),
        has_ends=False,
        counts="entries",
    )
