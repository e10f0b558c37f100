"""Changing one part of a query keeps the rest, lets go what no longer fits, and always makes a query again."""

from datetime import date

import pytest

from core.ask import patches
from core.ask.chips import chips, condition_words, days_of
from core.metrics.query import Filter, Order, Query, Span

PRO = Filter(member="tier", op="eq", values=("pro",))
COMPUTE = Filter(member="cost_kind", op="eq", values=("compute",))
BY_TIER = Query(intent="breakdown", metrics=("mrr",), dimensions=("tier",))
TOP = Query(
    intent="top",
    metrics=("mrr",),
    dimensions=("customer",),
    filters=(PRO,),
    order=Order(member="mrr", descending=True),
    limit=5,
)


def test_another_number_takes_along_what_it_knows() -> None:
    costs = Query(intent="breakdown", metrics=("costs",), dimensions=("cost_kind", "tier"), filters=(COMPUTE, PRO))
    changed = patches.with_metric(costs, "mrr")
    assert (changed.metrics, changed.dimensions, changed.filters) == (("mrr",), ("tier",), (PRO,))
    assert patches.with_metric(TOP, "arr").order == Order(member="arr", descending=True)
    assert patches.with_metric(BY_TIER, "cash").intent == "value"


def test_splitting_and_putting_together() -> None:
    assert patches.with_dimensions(BY_TIER, []) == Query(intent="value", metrics=("mrr",))
    assert patches.with_dimensions(Query(intent="value", metrics=("mrr",)), ["tier"]) == BY_TIER
    assert patches.with_dimensions(TOP, []).limit is None
    trend = patches.over_time(patches.with_dimensions(BY_TIER, ["tier", "country"]), "month")
    assert (trend.intent, trend.grain, trend.dimensions) == ("trend", "month", ("tier",))
    assert patches.over_time(trend, None) == BY_TIER


def test_comparing_and_no_longer() -> None:
    compared = patches.with_comparison(BY_TIER, "same_period_last_year")
    assert (compared.intent, compared.compare, compared.dimensions) == ("compare", "same_period_last_year", ("tier",))
    assert patches.with_comparison(compared, None) == BY_TIER


@pytest.mark.parametrize(
    ("values", "op"), [(["basic"], "eq"), (["basic", "pro"], "in"), ([], None)], ids=["one", "two", "none"]
)
def test_other_values_of_a_filter(values: list[str], op: str | None) -> None:
    filters = patches.with_values(TOP, 0, values).filters
    assert filters == ((Filter(member="tier", op="in" if op == "in" else "eq", values=tuple(values)),) if op else ())


def test_spans_that_can_be_chosen_are_those_of_questions() -> None:
    found = patches.spans(date(2026, 11, 21))
    assert set(found) == set(patches.PRESETS)
    assert (found["last quarter"].start, found["last quarter"].end) == (date(2026, 7, 1), date(2026, 10, 1))


def test_chips_say_every_part() -> None:
    span = Span(start=date(2026, 7, 1), end=date(2026, 10, 1), label="last quarter")
    labels = [chip.label for chip in chips(TOP.model_copy(update={"span": span}))]
    assert labels == ["MRR", "by customer", "Tier is Pro", "last quarter", "MRR, highest first", "first 5"]
    assert days_of(span) == "Jul 1, 2026 to Sep 30, 2026"


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Filter(member="country", op="in", values=("DE", "FR")), "Country is Germany or France"),
        (Filter(member="health", op="lt", values=("60",)), "Health below 60"),
        (Filter(member="mrr", op="gte", values=("2000",)), "MRR at least $2,000"),
        (Filter(member="limit_share", op="gt", values=("0.9",)), "Limit used above 90.0%"),
        (Filter(member="expires", op="lt", values=("2026-12-01",)), "Expires before Dec 1, 2026"),
        (Filter(member="at_risk", op="eq", values=("yes",)), "At risk"),
        (Filter(member="owner", op="is_null"), "Owner is not known"),
    ],
)
def test_a_filter_in_words(condition: Filter, words: str) -> None:
    assert condition_words(condition, Query(intent="list", entity="customers", filters=(condition,))) == words
