"""The command that erases persons: ids come from a file or standard input, never from the command line."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click

from connectors.errors import ConfigError
from connectors.numerals import counted_en, number
from pipeline.cli.group import commands
from pipeline.cli.printing import say
from pipeline.cli.stored import open_warehouse
from pipeline.settings import Settings
from pipeline.tables import TABLES

if TYPE_CHECKING:
    from pipeline.erasing.plan import Plan

_TABLES = [table.name for table in TABLES.values() if table.has_ids]


@commands.command()
@click.argument("city")
@click.option("--ids", default=None, help="Berkas nomor, - = stdin. / File of ids.")
@click.option("--table", type=click.Choice(_TABLES), default="inquiries", help="Tabelnya. / The table.")
@click.option("--ground", default="", help="Dasarnya, mis. nomor surat. / On what ground, such as a letter's number.")
@click.option("--by", default=None, help="Siapa; bawaan: akun ini. / Who; default: this account.")
@click.option("--expired", "is_expired", is_flag=True, help="Yang masa simpannya habis. / What is kept no longer.")
@click.option("--dry-run", "is_tried", is_flag=True, help="Tunjukkan saja. / Only show.")
def erase(
    city: str, ids: str | None, table: str, ground: str, by: str | None, is_expired: bool, is_tried: bool
) -> None:
    """Hapus baris orang di mana pun; tanpa --ids: keputusan yang ada. / Erase persons' rows everywhere; decisions."""
    from pipeline.closing import account
    from pipeline.erasing.decision import carry_out, without_runs
    from pipeline.erasing.plan import plan_for
    from pipeline.erasing.request import Request

    if is_expired:
        _erase_expired(city, is_tried=is_tried)
        return
    if ids is None:
        for line in _decisions(city):
            say(line)
        return
    if not is_tried and not ground.strip():
        raise ConfigError(
            id="Penghapusan perlu dasar: --ground 'surat permohonan nomor ...'. Coba dahulu dengan --dry-run.",
            en="Erasing needs a ground: --ground 'letter number ...'. Try it first with --dry-run.",
        )
    told = _ids_in(_content(ids))
    request = Request(city, table, told, by or account(), ground.strip())
    if is_tried:
        for line in _planned(plan_for(request)):
            say(line)
        return
    with without_runs(request):
        plan = plan_for(request)
        decision = carry_out(plan, now=datetime.now(UTC))
    for line in (*_planned(plan), *_done(plan, decision)):
        say(line)


def _content(place: str) -> bytes:
    """What a file or standard input holds; no message repeats what was given for a file's name, it may be an id."""
    try:
        return sys.stdin.buffer.read() if place == "-" else Path(place).read_bytes()
    except OSError:
        raise ConfigError(
            id="--ids bukan berkas yang dapat dibaca. Tulis nomornya ke berkas, satu per baris, atau --ids - untuk "
            "masukan standar; jangan di baris perintah, yang disimpan dalam riwayat.",
            en="--ids is no file that can be read. Write the ids into a file, one a line, or --ids - for standard "
            "input; not on the command line, which is kept in a history.",
        ) from None


def _ids_in(content: bytes) -> tuple[str, ...]:
    """The ids, one a line, each once, whatever mark a spreadsheet or editor put before them."""
    from pipeline.landing.erased import HASHED

    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        lines = content.decode("utf-16" if is_utf16 else "utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ConfigError(
            id="Berkas nomor bukan teks UTF-8. Simpan lagi sebagai teks UTF-8, satu nomor per baris.",
            en="The file of ids is no UTF-8 text. Save it again as UTF-8 text, one id a line.",
        ) from None
    told = [line.strip() for line in lines if line.strip()]
    hashed = {HASHED + sha256(one.encode()).hexdigest() for one in told}
    return tuple(dict.fromkeys(one for one in told if one.lower() not in hashed))


def _erase_expired(city_id: str, *, is_tried: bool) -> None:
    from pipeline.config.load import load_city
    from pipeline.erasing.retention import expire, expired, lines, waiting_for_final

    settings, now = Settings.from_environment(), datetime.now(UTC)
    city, warehouse = load_city(settings.cities, city_id), open_warehouse()
    if city.retention is None:
        raise ConfigError(
            id=f"{city_id} tidak menyatakan masa simpan, jadi semua disimpan. Tulis 'retention' di YAML-nya "
            "(docs/privacy.md).",
            en=f"{city_id} declares no retention, so all is kept. Write 'retention' in its YAML (docs/privacy.md).",
        )
    found = expired(settings.home, city=city, warehouse=warehouse, today=now.astimezone(city.zone_info).date())
    for line in lines(found) or [
        "Tidak ada yang habis masa simpannya dan final. / Nothing is past its time and final."
    ]:
        say(line)
    if waiting := waiting_for_final(settings.home, city=city, today=now.astimezone(city.zone_info).date(), found=found):
        periods = ", ".join(waiting)
        say(
            f"Habis masa simpannya tetapi tetap disimpan, karena hasilnya belum final: {periods} / Past their time and "
            f"kept, because their results are not final: {periods}"
        )
    if not is_tried:
        for decision in expire(settings.home, city=city, url=settings.warehouse_url, now=now):
            say(f"Keputusan {decision}: dihapus. / Decision {decision}: erased.")


def _planned(plan: Plan) -> Iterator[str]:
    """What goes, as counts alone."""
    ids, rows, files = number(plan.ids_count), number(plan.rows_count), number(len(plan.files))
    yield (
        f"{ids} nomor, {rows} baris, {files} berkas mentah / {counted_en(plan.ids_count, 'id', 'ids')}, "
        f"{counted_en(plan.rows_count, 'row', 'rows')}, {counted_en(len(plan.files), 'raw file', 'raw files')}"
    )
    if sum(plan.rows.values()) > plan.rows_count:
        yield "Baris berkas yang dibaca beberapa periode / Rows of a file that several periods read, for each:"
    for (city_id, source, period), count in sorted(plan.rows.items()):
        yield f"  {city_id} {source} {period}: {number(count)} baris / {counted_en(count, 'row', 'rows')}"
    if plan.decision and not plan.rows:
        yield f"Sudah dihapus oleh keputusan {plan.decision}. / Erased already by decision {plan.decision}."
    if plan.old_files:
        old, unread = number(len(plan.old_files)), number(plan.unread_count)
        yield (
            f"  {old} berkas mentah lama yang tidak dipakai lagi, {unread} di antaranya tidak dapat diperiksa isinya / "
            f"{old} older raw files that are no longer used, {unread} of which nobody can look into"
        )


def _done(plan: Plan, decision: int) -> Iterator[str]:
    city_id = plan.request.city_id
    if not (plan.decision and not plan.rows):
        yield f"Keputusan {decision}: dihapus. / Decision {decision}: erased."
    if plan.periods:
        yield (
            "Nilai yang tersimpan tetap; versi berikutnya menyebut keputusan ini. / The stored values stand; the next "
            "version names this decision:"
        )
        closed = {one["period"] for one in open_warehouse().closings(city_id) if one["action"] == "closed"}
        for period in plan.periods:
            is_closed = period[:4] in closed
            correct = f"tolok correct {city_id} {period[:4]} --reason '...'"
            yield f"  {correct if is_closed else f'tolok run {city_id} {period}'}"


def _decisions(city_id: str) -> Iterator[str]:
    found = open_warehouse().erasures(city_id)
    if not found:
        yield f"{city_id}: belum ada yang dihapus / nothing was erased"
    for row in found:
        finished = row["finished_at"]
        state = f"selesai / done {finished:%Y-%m-%d}" if finished else "TERPUTUS, ulangi / BROKEN OFF, run it again"
        yield (
            f"{row['decision']}  {row['decided_at']:%Y-%m-%d}  {row['kind']}  {row['table_name']}  "
            f"{number(row['rows_count'])} baris / rows, {number(row['files_count'])} berkas / files  {state}  "
            f"{row['decided_by']}: {row['ground']}"
        )
