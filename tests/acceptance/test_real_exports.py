"""Real exports nobody here wrote, each through its city's YAML: the naive value is the fitting variant."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from connectors.errors import DataRejected
from pipeline import steps
from pipeline.indicators.base import Result
from tests.conftest import ROOT, needs_real_data

pytestmark = needs_real_data
CITIES = ROOT / "tests" / "cities"


@pytest.fixture(scope="module", autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> object:
    """One data folder for the module, so that each export is landed and cleaned once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOLOK_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("TOLOK_CITIES", str(CITIES))
        yield


@cache
def computed(city: str, year: int) -> dict[str, Result]:
    for source in steps.sources(city, str(year)):
        steps.fetch(city, source, str(year))
    return {result.indicator_id: result for result in steps.compute(city, str(year))}


def summed(city: str, indicator: str, variant: str, years: range) -> tuple[float, float]:
    """Numerator and denominator of a variant over several years: years add up."""
    parts = [computed(city, year)[indicator].variants[variant] for year in years]
    return sum(part.numerator or 0 for part in parts), sum(part.denominator or 0 for part in parts)


def test_the_cities_are_there() -> None:
    assert len(list(CITIES.glob("*.yaml"))) >= 14


def test_berlin_2018_visits() -> None:
    result = computed("berlin", 2018)["portal_visits"]
    assert (result.headline.numerator, result.coverage_pct, result.status) == (124_401, 100, "final")
    assert result.headline.value == pytest.approx(3_390.1, abs=0.05)
    assert result.rows.excluded == {"outside_period": 88}


def test_a_year_with_four_months_is_provisional_and_says_how_much_it_covers() -> None:
    result = computed("berlin", 2011)["portal_visits"]
    assert result.status == "provisional"
    assert result.coverage_pct == pytest.approx(100 * 122 / 365)


def test_two_tools_for_one_month_are_refused_not_added() -> None:
    with pytest.raises(DataRejected, match="boss, webtrekk"):
        computed("berlin-two-tools", 2019)


@pytest.mark.parametrize(
    ("city", "years", "visits", "lines"),
    [
        ("erddap-log", range(2024, 2025), 1_726, 16_275),
        ("semicomplete-log", range(2015, 2016), 3_224, 10_000),
        ("university-log", range(2005, 2019), 48_303, 105_177),
    ],
)
def test_every_request_of_an_access_log_counted_as_a_visit(city: str, years: range, visits: int, lines: int) -> None:
    assert summed(city, "portal_visits", "all_requests", years)[0] == visits
    results = [computed(city, year)["portal_visits"] for year in years]
    assert {result.rows.read for result in results} == {lines}
    assert all(result.headline.numerator for result in results)
    fewer = sum(result.headline.numerator or 0 for result in results)
    assert fewer < sum(result.variants["bots_included"].numerator or 0 for result in results) < visits


def test_orphan_fragments_of_a_log_are_quarantined_and_counted() -> None:
    assert computed("erddap-log", 2024)["portal_visits"].rows.quarantined == {"malformed_line": 5_796}


def test_canadas_services_and_their_online_steps() -> None:
    result = computed("canada", 2018)["online_services"]
    shares = {name: round(part.value or 0, 2) for name, part in result.variants.items()}
    assert (shares["any_step_online"], shares["end_to_end"]) == (44.24, 20.24)
    assert shares["end_to_end_of_applicable"] == 26.16
    assert result.headline.denominator == 1_250


def test_bristols_services_among_the_uks_links() -> None:
    result = computed("bristol", 2018)["online_services"]
    assert (result.headline.numerator, result.headline.denominator) == (28, 75)
    assert result.headline.value == pytest.approx(37.33, abs=0.005)


# Chicago's 8.127 days are 195.037 hours.
@pytest.mark.parametrize(
    ("city", "years", "variant", "hours", "closed"),
    [
        ("boston", range(2011, 2012), "time_to_closure_as_recorded", 993.543, 54_570),
        ("nyc-queens", range(2020, 2024), "time_to_closure_as_recorded", 196.908, 51_961),
        ("nyc-queens", range(2020, 2024), "time_to_closure_non_negative", 197.681, 51_940),
        ("chicago", range(2000, 2015), "time_to_closure_as_recorded", 195.037, 74_076),
    ],
)
def test_time_to_closure_of_american_desks(city: str, years: range, variant: str, hours: float, closed: int) -> None:
    numerator, denominator = summed(city, "inquiry_response", variant, years)
    assert denominator == closed
    assert numerator / denominator == pytest.approx(hours, abs=0.0005)


def test_a_desk_without_response_times_has_no_headline_and_says_what_to_ask_for() -> None:
    result = computed("boston", 2011)["inquiry_response"]
    assert (result.headline.value, result.status) == (None, "not_computable")
    assert "follow-up log" in str(result.headline.reason)
    assert result.rows.excluded["staff"] == 17_925


def test_negative_durations_are_quarantined_with_their_count() -> None:
    counts: Counter[str] = Counter()
    for year in range(2020, 2024):
        counts.update(computed("nyc-queens", year)["inquiry_response"].rows.quarantined)
    assert counts == {"closed_before_receipt": 21}


@pytest.mark.parametrize(
    ("variant", "hours", "records"),
    [("unplanned_as_recorded_plausible", 89.61, 1_164), ("unplanned_as_recorded", 2_909.65, 1_215)],
)
def test_unscheduled_outages_of_a_research_grid(variant: str, hours: float, records: int) -> None:
    numerator, denominator = summed("open-science-grid", "it_downtime", variant, range(2010, 2030))
    assert denominator == records
    assert numerator / denominator == pytest.approx(hours, abs=0.005)


def test_github_incidents() -> None:
    numerator, denominator = summed("github", "it_downtime", "as_recorded", range(2010, 2024))
    assert (denominator, numerator / denominator * 60) == (1_282, pytest.approx(30.49, abs=0.005))
    numerator, denominator = summed("github", "it_downtime", "as_recorded", range(2023, 2024))
    assert (denominator, numerator / denominator * 60) == (131, pytest.approx(106.7, abs=0.05))


def test_an_audit_log_is_read_as_incidents_not_as_events() -> None:
    result = computed("uci-servicenow", 2016)["it_downtime"]
    assert result.variants["as_recorded"].value == pytest.approx(315.87, abs=0.005)
    assert result.rows.excluded["combined"] == 5_998 - 890


def test_kota_bandungs_population_from_two_sources() -> None:
    for source in steps.sources("kota-bandung", "2023"):
        steps.fetch("kota-bandung", source, "2023")
    from pipeline.config.load import load_city
    from pipeline.periods import Period
    from pipeline.terms import populations

    dataset = steps.dataset("kota-bandung", "population", "2023")
    headline, others = populations(dataset.frame, city=load_city(CITIES, "kota-bandung"), period=Period(2023))
    assert headline is not None
    assert (headline.population_count, [other.population_count for other in others]) == (2_569_107, [2_506_603])
    assert headline.region_code == "bps:3273"


def test_no_real_export_is_copied_into_the_project() -> None:
    assert not [path for path in Path(CITIES).iterdir() if path.suffix != ".yaml" and path.name != "logs"]
