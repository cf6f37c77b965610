"""One message to one recipient: which conditions are new to them and which are over, in their language."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.conditions import Condition

Key = tuple[str, str]
_MOST_ENTRIES, _LONGEST_TEXT, _MOST_PERIODS = 12, 700, 12


@dataclass(frozen=True)
class Kind:
    """What a kind of condition is called, and what people do about it; `{city}` stands for the city's id."""

    id: str
    en: str
    do_id: str
    do_en: str


KINDS: Mapping[str, Kind] = {
    "run_failed": Kind(
        "Run gagal",
        "A run failed",
        "ikuti alasannya, lalu jalankan lagi: Clear di halaman Airflow, atau tolok run {city} PERIODE",
        "do as the reason says, then run it again: Clear in Airflow's page, or tolok run {city} PERIOD",
    ),
    "settings_at_fault": Kind(
        "Pengaturan salah, tidak ada yang berjalan",
        "Settings at fault, nothing runs",
        "perbaiki {city}.yaml, lalu tolok check {city}",
        "mend {city}.yaml, then tolok check {city}",
    ),
    "period_missing": Kind(
        "Bulan atau tahun belum datang",
        "A month or year did not come",
        "lihat apakah penjadwal berjalan dan DAG kota ini tidak dijeda, atau isi dengan tolok backfill {city}",
        "see whether the scheduler runs and the city's DAGs are not paused, or fill it with tolok backfill {city}",
    ),
    "source_stale": Kind(
        "Sumber tidak diperbarui",
        "A source went stale",
        "minta data baru dari pemilik sumber atau periksa koneksinya; perbarui covers bila dinyatakan di YAML",
        "ask the source's owner for new data or check its connection; renew covers where the YAML declares it",
    ),
    "source_purges": Kind(
        "Sumber akan menghapus data yang dibutuhkan tahun ini",
        "A source will purge what the year needs",
        "ambil sekarang dengan tolok run {city} PERIODE, dan tulis collect: daily pada sumbernya",
        "fetch it now with tolok run {city} PERIOD, and write collect: daily in the source",
    ),
    "result_altered": Kind(
        "Hasil tersimpan diubah",
        "A stored result was altered",
        "lihat bedanya dengan tolok verify {city} PERIODE, lalu tolok run {city} PERIODE menulisnya lagi",
        "see what differs with tolok verify {city} PERIOD, then tolok run {city} PERIOD writes it again",
    ),
    "result_moved": Kind(
        "Hasil keluar dari batasnya",
        "A result moved beyond its band",
        "cari sebabnya dengan tolok explain {city}; bila benar, tulis di judgement.explained",
        "find the cause with tolok explain {city}; if it is right, write why in judgement.explained",
    ),
    "result_provisional": Kind(
        "Hasil sementara karena hal yang dapat diperbaiki",
        "A result is provisional for a reason that can be mended",
        "lihat tolok check {city} PERIODE, perbaiki sumber atau pengaturannya, lalu jalankan lagi",
        "see tolok check {city} PERIOD, mend the source or its settings, then run it again",
    ),
}


@dataclass(frozen=True)
class Notice:
    """The conditions that are new to a recipient, and what those that are over were about, by kind and subject."""

    new: tuple[Condition, ...]
    over: Mapping[Key, str]

    @classmethod
    def of(
        cls,
        conditions: Iterable[Condition],
        told: Mapping[Key, str],
        *,
        kinds: Collection[str],
        held: Collection[Key] = (),
    ) -> Notice:
        """What to tell who was `told` that; `kinds` are those they want and that were looked into.

        What is `held` is so, and not told yet.
        """
        now = {(one.kind, one.subject): one for one in conditions if one.kind in kinds}
        new = tuple(one for key, one in now.items() if key not in told and key not in held)
        over = {key: about for key, about in told.items() if key[0] in kinds and key not in now}
        return cls(new, over)

    def __bool__(self) -> bool:
        return bool(self.new or self.over)

    def subject(self, city_id: str, language: str | None) -> str:
        """One line."""
        return f"Tolok {city_id}: " + " / ".join(self._count(one) for one in _languages(language))

    def text(self, city_id: str, language: str | None) -> str:
        """The message, in one language or in both, one after the other."""
        return "\n\n".join("\n".join(self._lines(city_id, one)) for one in _languages(language))

    def _count(self, language: str) -> str:
        words = ("perlu perhatian", "baik kembali") if language == "id" else ("to look at", "well again")
        counts = ((len(_entries(self.new)), words[0]), (len(self.over), words[1]))
        return ", ".join(f"{count} {word}" for count, word in counts if count)

    def _lines(self, city_id: str, language: str) -> Iterator[str]:
        yield from _new_lines(_entries(self.new), city_id, language)
        if self.over:
            yield "BAIK KEMBALI" if language == "id" else "WELL AGAIN"
            for kind, about in list(dict.fromkeys((kind, about) for (kind, _), about in self.over.items()))[
                :_MOST_ENTRIES
            ]:
                yield f"- {_named(kind, language)[0]}: {about}"
            if len(self.over) > _MOST_ENTRIES:
                yield f"  (+{len(self.over) - _MOST_ENTRIES})"


def label(condition: Condition) -> str:
    """What a condition is about: its thing and its periods, the first few of many."""
    periods = ", ".join(condition.periods[:_MOST_PERIODS])
    more = f" (+{len(condition.periods) - _MOST_PERIODS})" if len(condition.periods) > _MOST_PERIODS else ""
    return " · ".join(part for part in (condition.about, periods + more) if part)


def _languages(language: str | None) -> tuple[str, ...]:
    return (language,) if language else ("id", "en")


def _entries(conditions: Iterable[Condition]) -> list[Condition]:
    """One for all conditions of a kind about the same thing: the periods of all, the texts of the last."""
    ordered = sorted(conditions, key=lambda one: (list(KINDS).index(one.kind), one.about, one.periods))
    return [_merged(list(same)) for _, same in groupby(ordered, key=lambda one: (one.kind, one.about))]


def _merged(same: Sequence[Condition]) -> Condition:
    last, periods = same[-1], tuple(sorted({period for one in same for period in one.periods}))
    return Condition(last.kind, last.subject, last.about, periods, last.id, last.en, last.link)


def _new_lines(entries: Sequence[Condition], city_id: str, language: str) -> Iterator[str]:
    for kind, same in groupby(entries[:_MOST_ENTRIES], key=lambda one: one.kind):
        name, what_to_do = _named(kind, language)
        yield name.upper()
        for one in same:
            said = one.id if language == "id" else one.en
            yield f"- {label(one)}: {_cut(said)}" if label(one) else f"- {_cut(said)}"
            if one.link:
                yield f"  {'Catatan' if language == 'id' else 'Log'}: {one.link}"
        yield f"  {'Lakukan' if language == 'id' else 'To do'}: {what_to_do.replace('{city}', city_id)}"
    if len(entries) > _MOST_ENTRIES:
        yield f"(+{len(entries) - _MOST_ENTRIES}: tolok watch {city_id})"


def _named(kind: str, language: str) -> tuple[str, str]:
    words = KINDS[kind]
    return (words.id, words.do_id) if language == "id" else (words.en, words.do_en)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]} ..."
