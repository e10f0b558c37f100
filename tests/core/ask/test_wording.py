"""Sentences of answers: each number in them is a cell of the answer, and they read as a person says it."""

import re
from decimal import Decimal

import pytest

from core.ask import values, wording
from core.ask.chart_rule import chart_for
from core.metrics.answered import Answered
from core.metrics.query import Filter, Order
from tests.core.ask import answers as made

D = Decimal
AT_RISK = Filter(member="at_risk", op="eq", values=("yes",))
WEAK = Filter(member="health", op="lt", values=("60",))
GERMAN = Filter(member="country", op="eq", values=("DE",))

SENTENCES: list[tuple[Answered, str]] = [
    (made.value("mrr", 2_439_500), "MRR is $24,395."),
    (made.value("arpa", D("56733.4")), "ARPA is $567.33."),
    (made.value("costs", 1_240_050, made.LAST_MONTH), "Costs were $12,401 last month."),
    (made.value("nrr", D("1.0523"), made.LAST_MONTH), "NRR was 105.2% last month."),
    (made.value("active_customers", 1), "Active customers: 1."),
    (made.value("runway", D("14.26")), "Runway is 14.3 months."),
    (
        made.value("payback", None, undefined="CAC or margin is not defined"),
        "Payback is not defined: CAC or margin is not defined.",
    ),
    (
        made.compared("costs", 1_200_000, 1_000_000),
        "Costs were $12,000 last month, up $2,000 from $10,000 the month before.",
    ),
    (
        made.compared("logo_churn", D("0.02"), D("0.035")),
        "Logo churn was 2.0% last month, down 1.5 points from 3.5% the month before.",
    ),
    (made.compared("new_customers", 4, 4), "New customers last month: 4, unchanged from 4 the month before."),
    (
        made.by("mrr", "tier", {"Pro": 900_000, "Basic": 100_000, "Free": 0, "Enterprise": 0}),
        "MRR is highest for Pro with $9,000, then Basic with $1,000 and Free with $0.",
    ),
    (made.by("customers", "country", {"Germany": 3}), "Customers: only Germany with 3."),
    (
        made.by(
            "customers",
            "country",
            {"Germany": 9, "France": 1_300},
            intent="top",
            order=Order(member="customers", descending=False),
        ),
        "Germany has the fewest customers: 9, then France with 1,300.",
    ),
    (
        made.by_two("mrr", {("Pro", "France"): 50_000, ("Pro", "Italy"): 10_000}),
        "MRR is highest for Pro, France with $500, then Pro, Italy with $100.",
    ),
    (
        made.over_months("mrr", [100_000, 300_000, 200_000]),
        "MRR rose from $1,000 in Jun 2026 to $2,000 in Aug 2026, with its highest $3,000 in Jul 2026.",
    ),
    (
        made.over_months("logo_churn", [D("0.04"), None, D("0.01")]),
        "Logo churn was 4.0% in Jun 2026 and 1.0% in Aug 2026.",
    ),
    (
        made.over_months("mrr", [100_000], "Pro Basic"),
        "MRR in Jun 2026 is highest for Pro with $1,000 and Basic with $1,000.",
    ),
    (
        made.drivers(
            "costs",
            1_200_000,
            1_000_000,
            [("Kind of cost", "Compute", 150_000, D("0.75")), ("Customer", "Globex", 60_000, D("0.3"))],
        ),
        "Costs rose by $2,000, from $10,000 (the month before) to $12,000 (last month). The largest parts: "
        "Compute by kind of cost (+$1,500, 75.0% of the change) and Globex by customer (+$600, 30.0% of the change).",
    ),
    (
        made.drivers("costs", 1_000_000, 1_000_000, []),
        "Costs did not change: $10,000 last month as in the month before.",
    ),
    (
        made.customers(["Acme", "Globex", "Hooli", "Initech"], filters=(AT_RISK,)),
        "4 customers at risk: Acme, Globex, Hooli and 1 more.",
    ),
    (
        made.customers(["Acme"], filters=(GERMAN, WEAK)),
        "1 customer whose country is Germany and health below 60: Acme.",
    ),
    (made.customers([], filters=(AT_RISK,)), "No customer at risk."),
    (
        made.churned("Acme", Filter(member="at", op="gte", values=("2026-10-01",))),
        "1 movement of kind churn since Oct 1, 2026: Acme.",
    ),
]


@pytest.mark.parametrize(("found", "said"), SENTENCES, ids=[said[:40] for _, said in SENTENCES])
def test_it_reads_as_a_person_says_it(found: Answered, said: str) -> None:
    assert wording.sentence(found) == said


@pytest.mark.parametrize("found", [found for found, _ in SENTENCES], ids=[said[:40] for _, said in SENTENCES])
def test_every_number_in_the_sentence_is_a_cell_of_the_answer(found: Answered) -> None:
    text = wording.sentence(found)
    assert [number for number in _numbers(text) if number not in _allowed(found)] == []


def _numbers(text: str) -> list[str]:
    return re.findall(r"\d(?:[\d,]*\d)?(?:\.\d+)?", text)


def _allowed(found: Answered) -> set[str]:
    """Return every number that the answer's cells say, its number of rows, and what the query itself names."""
    said = [str(len(found.frame)), str(len(found.frame) - 3)]
    for one in found.columns:
        said += [values.said(cell, one.unit) for cell in found.frame[one.name]]
        said += [values.said(-cell, one.unit) for cell in found.frame[one.name] if isinstance(cell, int | Decimal)]
        said += [f"{abs(cell) * 100:.1f}" for cell in found.frame[one.name] if isinstance(cell, Decimal)]
        said += [values.month(cell) for cell in found.frame[one.name] if one.unit == "step"]
    said += [value for condition in found.query.filters for value in condition.values]
    said += [values.day(value) for one in found.query.filters if one.member == "at" for value in one.values]
    return {number for each in said for number in _numbers(each)}


def test_the_figure_of_the_whole_span_comes_first() -> None:
    growth = made.over_months("mrr_growth", [D("-0.005"), D("0.02"), D("0.001")])
    whole = made.value("mrr_growth", D("0.0159"), made.LAST_MONTH)
    said = "MRR growth was 1.6% last month: −0.5% in Jun 2026, 2.0% in Jul 2026 and 0.1% in Aug 2026."
    assert wording.sentence(growth, whole) == said
    won = made.over_months("new_customers", [2, 3])
    said = "New customers last month: 5. By step: 2 in Jun 2026 and 3 in Jul 2026."
    assert wording.sentence(won, made.value("new_customers", 5, made.LAST_MONTH)) == said


def test_a_wrong_number_would_be_found() -> None:
    found = made.value("mrr", 2_439_500)
    assert [number for number in _numbers("MRR is $24,396.") if number not in _allowed(found)] == ["24,396"]


@pytest.mark.parametrize(
    ("found", "kind", "series"),
    [
        (made.value("mrr", 1), "number", None),
        (made.compared("mrr", 2, 1), "number", None),
        (made.over_months("mrr", [1, 2]), "columns", None),
        (made.over_months("mrr", [1, 2, 3, 4, 5, 6, 7]), "line", None),
        (made.over_months("mrr", [1, 2], "A B C D E F"), "line", "tier"),
        (made.by("mrr", "tier", {"Pro": 2, "Basic": 1}), "bars", None),
        (made.by_two("mrr", {("Pro", "FR"): 2, ("Pro", "DE"): 1}), "bars", "tier"),
        (made.by_two("logo_churn", {("Pro", "FR"): D("0.2"), ("Pro", "DE"): D("0.1")}), "table", None),
        (made.drivers("costs", 3, 1, [("Tier", "Pro", 2, D(1))]), "waterfall", "cause"),
        (made.drivers("logo_churn", D("0.3"), D("0.1"), [("Tier", "Pro", D("0.2"), D(1))]), "bars", "cause"),
        (made.customers(["Acme"]), "table", None),
        (made.by("mrr", "tier", {}), "table", None),
    ],
)
def test_the_chart_follows_from_the_shape(found: Answered, kind: str, series: str | None) -> None:
    chart = chart_for(found)
    assert (chart.kind, chart.series) == (kind, series)


def test_too_many_lines_leave_the_largest_and_say_so() -> None:
    found = made.over_months("mrr", [1, 2], "A B C D E F G")
    chart = chart_for(found)
    assert len(chart.keep) == 5
    assert chart.note == "The chart shows 5 of 7."
