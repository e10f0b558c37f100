"""Told anew only where a switch can matter, and summed as arrays, policies make what each history by itself makes."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from core.errors import Conflict
from core.finance.exchange import Rates
from core.finance.policy import SWITCHES, MetricPolicy
from core.finance.policy_arrays import Told
from core.finance.policy_figures import spans
from core.finance.policy_movements import History, Stretch, movements_under
from core.finance.policy_sums import averaged, sums_under
from core.periods import midnight

BEGUN = midnight(date(2024, 6, 1))
AS_OF = midnight(date(2025, 7, 15)) + timedelta(hours=12)
DATED = Rates(
    {
        "EUR": tuple(
            (date(2024, 6, 10) + timedelta(days=9 * n), Decimal("1.1") + n * Decimal("0.003333333333"))
            for n in range(45)
        ),
        "JPY": ((date(2024, 9, 1), Decimal("0.0067")), (date(2025, 3, 5), Decimal("0.0071"))),
    }
)
# Few days and hours, so that much falls together.
INSTANT = st.integers(0, 80).map(lambda number: BEGUN + timedelta(days=5 * number, hours=number % 2))
LENGTH = st.integers(1, 60).map(lambda number: timedelta(days=5 * number))
POLICY = st.fixed_dictionaries({each.id: st.sampled_from([one.id for one in each.choices]) for each in SWITCHES})


@st.composite
def stretches(draw: Any) -> list[Stretch]:
    """Return one subscription's stretches, one after the other, now and then with a gap."""
    name, at, found = draw(st.sampled_from("abc")), draw(INSTANT), []
    currency, count = draw(st.sampled_from(["USD", "EUR", "JPY"])), draw(st.integers(1, 3))
    for number in range(count):
        last = number == count - 1
        end = None if last and draw(st.booleans()) else at + draw(LENGTH)
        late = [
            (start, draw(st.none() | st.just(start + draw(LENGTH)))) for start in draw(st.lists(INSTANT, max_size=1))
        ]
        paid = end + draw(LENGTH) if last and end and draw(st.booleans()) else None
        found.append(
            Stretch(
                name,
                at,
                end,
                draw(st.integers(0, 50_000)),
                currency,
                draw(st.sampled_from(["month", "month", "week", "day"])),
                draw(st.sampled_from([1, 3, 12])),
                draw(st.sampled_from(["basic", "pro"])),
                draw(st.sampled_from([Decimal(0), Decimal(0), Decimal("12.5"), Decimal(100)])),
                draw(st.sampled_from([0, 0, 700])),
                draw(st.sampled_from([None, "forever", "repeating"])),
                draw(st.sampled_from(["active", "active", "trial", "paused"])),
                draw(st.integers(0, 9)) == 0,
                draw(st.none() | INSTANT) if last else None,
                paid,
                tuple(late),
            )
        )
        if end is not None:
            at = end + draw(st.sampled_from([timedelta(0), timedelta(0), timedelta(days=5), timedelta(days=200)]))
    return found


HISTORIES = st.lists(st.lists(stretches(), min_size=1, max_size=3), max_size=4)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(HISTORIES, POLICY, st.sampled_from(SWITCHES), st.integers(0, 5))
def test_each_choice_makes_what_telling_everything_anew_makes(
    had: list[list[list[Stretch]]], chosen: dict[str, str], switch: Any, number: int
) -> None:
    told = [
        History(f"{place:08}-0000-0000-0000-000000000000", tuple(one for each in lives for one in each))
        for place, lives in enumerate(had)
    ]
    base = MetricPolicy.read(chosen)
    other = base.but(switch.id, switch.choices[number % len(switch.choices)].id)
    try:
        for policy in (base, other):
            movements_under(policy, told)
    except Conflict:
        # Two that overlap in one chain are no history.
        reject()
    known = Told.under(base, told)
    for policy, found in ((base, known), (other, known.but(other))):
        moved = movements_under(policy, told)
        assert found.moved() == moved
        rates = averaged(DATED) if policy.fx_source == "month_average" else DATED
        periods = spans(AS_OF)
        frame = sums_under(moved, {one.organization_id: one for one in told}, periods, rates, as_of=AS_OF)
        expected = [{name: row[name] for name in row if name != "period"} for row in frame.to_dict("records")]
        assert found.sums(periods, rates, AS_OF) == expected
