"""What is odd about a count of access logs although it could be made, and the limits from which it is said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from connectors.errors import ConfigError, harmless
from connectors.log_format import FIELDS_DIRECTIVE, formats_of
from connectors.numerals import number, number_en, percent, percent_en
from connectors.remarks import Remark
from pipeline.access_log.concentration import Concentration
from pipeline.access_log.files import LogFile
from pipeline.access_log.log_terms import LogTerms
from pipeline.access_log.rules import NO_SITE, REQUEST_RULES, RULES
from pipeline.access_log.summary import UNLISTED
from pipeline.access_log.totals import Totals, most_common

# Shares of the pages people asked for, of visits and of lines, in percent; fewer than the least counts prove nothing.
ADDRESS_LIMIT_PCT = 50
# One address in 256 ends in zero by chance; of few pages one such visitor's may be many.
MASKED_LIMIT_PCT = 10
LEAST_PAGES_OF_MASKED = 200
AGENT_LIMIT_PCT = 95
VISITOR_LIMIT_PCT = 20
EXCLUDED_LIMIT_PCT = 95
UNLISTED_LIMIT_PCT = 5
LEAST_PAGES = 10
LEAST_VISITS = 100
LEAST_PAGES_OF_AGENTS = 200
LEAST_UNLISTED_VISITS = 5
SINGLE_PAGES_LIMIT_PCT = 98
LEAST_SINGLE_VISITS = 1000
OTHER_SITES_LIMIT_PCT = 1
_SHOWN_NAMES = 3
_SHOWN_SITES = 5

# A log that holds nothing but files or bots may be right; these rules leave out what may be people.
_DOUBTFUL_RULES = ("method", "status", "own_network", "empty_agent")
_CURE_ID = (
    "Bila server berada di belakang proxy, minta alamat klien dicatat, lalu tulis client: last (alamat terakhir "
    "X-Forwarded-For) atau trusted_proxies: [jaringan proxy], dan log_format bila perlu"
)
_CURE_EN = (
    "If the server is behind a proxy, have the client's address logged and write client: last (the last address of "
    "X-Forwarded-For) or trusted_proxies: [the proxies' networks], and log_format where needed"
)

Lines = NDArray[np.int64]


@dataclass(frozen=True)
class FileCounts:
    """One file's lines but blank and header lines, and those among them that could not be read."""

    file: LogFile
    rows_count: int
    unread_count: int


def remarks_of(counts: Totals, *, files: Sequence[LogFile], terms: LogTerms, visits_count: int) -> tuple[Remark, ...]:
    """What to know of a count whose headline, of days by start, has so many visits; addresses are never named."""
    lines = counts.lines.sum(axis=0)
    return (
        *_of_addresses(counts.concentration, terms),
        *_of_masked(counts.concentration),
        *_of_agents(counts.concentration),
        *_of_visitors(counts.visits["people"].most_of_one_visitor, visits_count),
        *_of_single_pages(counts.concentration.pages_count, visits_count),
        *_of_products(counts.names["products"], int(counts.visits[UNLISTED].count_days().by_start.sum()), visits_count),
        *_of_forwarded(are_proxies=counts.forwarded.are_proxies),
        *_of_sites(counts.names["sites"], terms),
        *_of_rules(lines),
        *_of_formats(terms, lacks_agents=counts.lacks_agents),
        *(_of_cut_file(files[position - 1]) for position in sorted(counts.cut_files)),
    )


def _of_addresses(pages: Concentration, terms: LogTerms) -> Iterator[Remark]:
    if pages.pages_count < LEAST_PAGES:
        return
    one_pct, private_pct = (
        100 * count / pages.pages_count for count in (pages.most_of_one_address, pages.private_count)
    )
    if max(one_pct, private_pct) <= ADDRESS_LIMIT_PCT:
        return
    is_private, is_one = private_pct > ADDRESS_LIMIT_PCT, one_pct > ADDRESS_LIMIT_PCT
    kind_id, kind_en = {
        (True, True): ("satu alamat privat", "one private address"),
        (True, False): ("alamat privat", "private addresses"),
        (False, True): ("satu alamat publik", "one public address"),
    }[is_private, is_one]
    pct = f"{int(one_pct if is_one else private_pct)} %"
    place_id, place_en = _place_of_client(terms)
    yield Remark(
        "one_address" if is_one else "private_addresses",
        f"{pct} halaman diminta dari {kind_id} ({place_id}; batas {ADDRESS_LIMIT_PCT} %): mungkin proxy, sehingga "
        f"semua pengunjung di belakangnya terhitung sebagai satu. {_CURE_ID}",
        f"{pct} of the pages were asked for from {kind_en} ({place_en}; limit {ADDRESS_LIMIT_PCT} %): perhaps a proxy, "
        f"so that all visitors behind it count as one. {_CURE_EN}",
    )


def _place_of_client(terms: LogTerms) -> tuple[str, str]:
    if terms.picks_client:
        return "dipilih dari alamat yang diteruskan", "chosen from the forwarded addresses"
    return "kolom alamat baris log", "the lines' address field"


def _of_masked(pages: Concentration) -> Iterator[Remark]:
    """Addresses without their last part stand for all that share the rest, so that visitors become one."""
    pct = 100 * pages.masked_count / max(pages.pages_count, 1)
    limit = MASKED_LIMIT_PCT if pages.pages_count >= LEAST_PAGES_OF_MASKED else ADDRESS_LIMIT_PCT
    if pages.pages_count >= LEAST_PAGES and pct > limit:
        yield Remark(
            "masked_addresses",
            f"{int(pct)} % halaman diminta dari alamat yang bagian akhirnya disamarkan (0, '::' atau x; batas "
            f"{limit} %), sehingga beberapa pengunjung terhitung sebagai satu. Minta log dengan alamat "
            "utuh, atau yang alamatnya diganti sandi tetap (satu sandi untuk satu alamat)",
            f"{int(pct)} % of the pages were asked for from addresses whose last part is masked (0, '::' or x; limit "
            f"{limit} %), so that several visitors count as one. Ask for a log with whole addresses, or "
            "with each replaced by a lasting pseudonym of its own",
        )


def _of_agents(pages: Concentration) -> Iterator[Remark]:
    most = pages.most_of_one_agent
    if pages.pages_count >= LEAST_PAGES_OF_AGENTS and 100 * most > AGENT_LIMIT_PCT * pages.pages_count:
        pct = f"{100 * most // pages.pages_count} %"
        yield Remark(
            "one_agent",
            f"{pct} halaman diminta oleh satu agen yang sama (batas {AGENT_LIMIT_PCT} %): mungkin pemantau atau skrip",
            f"{pct} of the pages were asked for by one and the same agent (limit {AGENT_LIMIT_PCT} %): perhaps a probe "
            "or a script",
        )


def _of_single_pages(pages_count: int, visits_count: int) -> Iterator[Remark]:
    """Where hardly anyone asks for a second page, nothing tells a visitor again."""
    if visits_count >= LEAST_SINGLE_VISITS and 100 * visits_count > SINGLE_PAGES_LIMIT_PCT * pages_count:
        pct, pct_en = percent(100 * visits_count / pages_count), percent_en(100 * visits_count / pages_count)
        yield Remark(
            "single_page_visits",
            f"ada {number(visits_count)} kunjungan atas {number(pages_count)} halaman ({pct}; batas "
            f"{SINGLE_PAGES_LIMIT_PCT} %): hampir tiap permintaan terhitung satu kunjungan. Apakah alamat disamarkan "
            "ulang tiap permintaan, atau skrip mengganti alamat? Minta log dengan alamat yang tetap",
            f"there are {number_en(visits_count)} visits for {number_en(pages_count)} pages ({pct_en}; limit "
            f"{SINGLE_PAGES_LIMIT_PCT} %): nearly every request counts as a visit. Are addresses hashed anew for each "
            "request, or does a script change them? Ask for a log whose addresses last",
        )


def _of_visitors(most: int, visits_count: int) -> Iterator[Remark]:
    if visits_count >= LEAST_VISITS and 100 * most > VISITOR_LIMIT_PCT * visits_count:
        pct = f"{100 * most // visits_count} %"
        yield Remark(
            "one_visitor",
            f"{pct} kunjungan berasal dari satu pengunjung (batas {VISITOR_LIMIT_PCT} %): mungkin pemeriksaan "
            "kesehatan, skrip, atau proxy. Bila milik kota, tulis jaringannya di own_networks",
            f"{pct} of the visits are one visitor's (limit {VISITOR_LIMIT_PCT} %): perhaps health checks, a script "
            "or a proxy. If it is the city's own, write its network in own_networks",
        )


def _of_products(pages: Counter[str], unlisted_count: int, visits_count: int) -> Iterator[Remark]:
    if unlisted_count >= LEAST_UNLISTED_VISITS and 100 * unlisted_count > UNLISTED_LIMIT_PCT * visits_count:
        names = ", ".join(name for name, _ in most_common(pages, _SHOWN_NAMES))
        pct = 100 * unlisted_count / visits_count
        yield Remark(
            "unlisted_agents",
            f"{percent(pct)} kunjungan berasal dari agen yang bukan peramban dan tidak ada di daftar bot (batas "
            f"{UNLISTED_LIMIT_PCT} %; terbanyak: {names}): mungkin skrip atau pemantau. Bila milik kota, tulis "
            "jaringannya di own_networks; bila bukan orang, minta pengelola server menyaringnya dari log",
            f"{percent_en(pct)} of the visits are by agents that are no browsers and on no list of bots (limit "
            f"{UNLISTED_LIMIT_PCT} %; most common: {names}): perhaps scripts or probes. If they are the city's own, "
            "write their networks in own_networks; if they are not people, have them filtered from the log",
        )


def _of_forwarded(*, are_proxies: bool) -> Iterator[Remark]:
    if are_proxies:
        yield Remark(
            "forwarded_addresses",
            "di belakang sedikit alamat klien tercatat banyak alamat lain dalam baris yang sama (misalnya "
            "X-Forwarded-For): mungkin proxy, sehingga semua pengunjung di belakangnya terhitung sebagai satu. "
            f"{_CURE_ID}; pada log JSON tulis juga fields: {{address: nama bidang alamat itu}}",
            "beside few client addresses many others stand in the same lines (such as X-Forwarded-For): perhaps "
            f"proxies, so that all visitors behind them count as one. {_CURE_EN}; for JSON logs write fields: "
            "{address: the name of their field} too",
        )


def _of_sites(pages: Counter[str], terms: LogTerms) -> Iterator[Remark]:
    """Several sites in one log, of which only the portal's are to be counted."""
    others_count = pages.total() - max(pages.values(), default=0)
    if terms.hosts or 100 * others_count <= OTHER_SITES_LIMIT_PCT * pages.total():
        return
    shares = {name: 100 * count / pages.total() for name, count in most_common(pages, _SHOWN_SITES)}
    more = len(pages) - len(shares)
    shown_id, shown_en = (
        ", ".join(f"{harmless(name)} {form(pct)}" for name, pct in shares.items()) + (f", +{more}" if more else "")
        for form in (percent, percent_en)
    )
    yield Remark(
        "several_hosts",
        f"log memuat halaman {number(len(pages))} situs ({shown_id}), dan semuanya terhitung sebagai portal. Tulis "
        "hosts: [nama situs portal] di sumber ini (boleh dengan *), atau semua nama itu bila semuanya portal",
        f"the log has pages of {number_en(len(pages))} sites ({shown_en}), and all count as the portal. Write hosts: "
        "[the portal's names] in this source (* is allowed), or all of these names if all are the portal",
    )


def refuse_hosts(counts: Totals, *, terms: LogTerms) -> None:
    """Raise `ConfigError` when no line is of the declared hosts."""
    others = counts.names["other_sites"]
    if not terms.hosts or not others or counts.lines.sum() > others.total():
        return
    found = ", ".join(harmless(name) for name, _ in most_common(others, _SHOWN_SITES) if name != NO_SITE)
    hosts = ", ".join(terms.hosts)
    if found:
        raise ConfigError(
            id=f"hosts: tidak ada baris log untuk {hosts}; yang ada: {found}. Perbaiki hosts di sumber ini.",
            en=f"hosts: no line of the log is for {hosts}; there are: {found}. Correct hosts of this source.",
        )
    raise ConfigError(
        id=f"hosts: baris log tidak menyebut situs yang diminta ({hosts}). Hapus hosts bila log ini milik portal saja, "
        "atau tulis log_format dengan $host (nginx), %v (Apache) atau cs-host (IIS), atau fields.host (JSON).",
        en=f"hosts: the log's lines do not tell the site asked for ({hosts}). Remove hosts if the log is the portal's "
        "alone, or write log_format with $host (nginx), %v (Apache) or cs-host (IIS), or fields.host (JSON).",
    )


def _of_rules(lines: Lines) -> Iterator[Remark]:
    """Rules that leave out nearly all: of the lines, or for rules on clients of the pages."""
    by_rule = dict(zip(RULES, lines.tolist(), strict=True))
    pages_count = sum(count for rule, count in by_rule.items() if rule not in REQUEST_RULES)
    for rule, count in by_rule.items():
        base = sum(by_rule.values()) if rule in REQUEST_RULES else pages_count
        if rule and base >= LEAST_PAGES and 100 * count > EXCLUDED_LIMIT_PCT * base:
            of_id, of_en = ("baris", "lines") if rule in REQUEST_RULES else ("permintaan halaman", "page requests")
            cure_id, cure_en = _cure_of(rule)
            yield Remark(
                "rule_excludes_most",
                f"aturan {rule} mengeluarkan {number(count)} dari {number(base)} {of_id} (batas "
                f"{EXCLUDED_LIMIT_PCT} %){cure_id}",
                f"the rule {rule} excludes {number_en(count)} of {number_en(base)} {of_en} (limit "
                f"{EXCLUDED_LIMIT_PCT} %){cure_en}",
                keeps_provisional=rule in _DOUBTFUL_RULES,
            )


def _cure_of(rule: str) -> tuple[str, str]:
    if rule == "own_network":
        return (
            ". Bila proxy berada di jaringan itu, own_networks mengeluarkan semua orang. " + _CURE_ID,
            ". If a proxy is in that network, own_networks leaves out everybody. " + _CURE_EN,
        )
    return "", ""


def _of_formats(terms: LogTerms, *, lacks_agents: bool) -> Iterator[Remark]:
    if lacks_agents:
        yield Remark(
            "no_agents",
            "agen tidak dicatat: pengunjung adalah alamat, dan bot tidak dapat dikenali",
            "agents are not logged: a visitor is an address, and bots cannot be told apart",
            keeps_provisional=False,
        )
    texts = [text for text in terms.log_format if not text.startswith(FIELDS_DIRECTIVE)]
    declared = [line for text in texts for line in formats_of(text)]
    if terms.clock_zone is None and any(not line.has_offset for line in declared):
        yield Remark(
            "clock_without_offset",
            f"waktu di log tanpa selisih UTC, dibaca sebagai {terms.zone.key}. Tulis zone di sumber ini",
            f"times in the log tell no offset and are read as {terms.zone.key}. Write zone of this source",
        )


def _of_cut_file(file: LogFile) -> Remark:
    return Remark(
        "log_cut",
        f"{file.title}: berkas berakhir di tengah baris; mungkin terpotong saat disalin. Salin ulang secara utuh",
        f"{file.title}: the file ends in the middle of a line; perhaps it was cut while copied. Copy it again in full",
    )
