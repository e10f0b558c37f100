"""The forecast of MRR: no look ahead, bands around the point, coverage near what is claimed, honest against naive."""

from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import clock
from core.access.actor import Actor
from core.databases import Databases
from core.errors import InvalidInput, NotPermitted
from core.finance import track
from core.finance.forecast import COMPONENTS, RevenueForecast, _from_every_month, forecast
from core.finance.forecasts import revenue_forecast
from core.finance.track import Grid, Record
from core.periods import add_months
from db.session import SYSTEM
from tests.cast import Cast
from tests.pages.ledger_made import make_ledger

History = tuple[int, dict[str, Grid], Grid]


def grown(seed: int, months: int) -> History:
    """A business that wins, expands and loses by rates of its own, with the noise of a small one."""
    random = np.random.default_rng(seed)
    opening = float(random.integers(2_000_000, 20_000_000))
    rates = {
        "new": random.uniform(0.01, 0.06) * opening,
        "reactivation": random.uniform(0, 0.005) * opening,
        "expansion": random.uniform(0, 0.03),
        "contraction": -random.uniform(0, 0.015),
        "churn": -random.uniform(0.005, 0.035),
    }
    flows: dict[str, list[float]] = {name: [] for name in COMPONENTS}
    level, levels = opening, []
    for _ in range(months):
        for name in COMPONENTS:
            size = rates[name] * (level if name not in {"new", "reactivation"} else 1)
            flows[name].append(float(round(size * random.gamma(4, 0.25))))
        level += sum(flows[name][-1] for name in COMPONENTS)
        levels.append(level)
    return round(opening), {name: np.array(each) for name, each in flows.items()}, np.array(levels)


def cut(of: History, months: int) -> History:
    """The same history as it was known then."""
    return of[0], {name: each[:months] for name, each in of[1].items()}, of[2][:months]


def told(of: History) -> RevenueForecast:
    return forecast(*of)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(12, 40))
def test_every_band_holds_its_point_and_widens(seed: int, months: int) -> None:
    made = told(grown(seed, months))
    for fan in (made.mrr, *made.components.values()):
        assert len(fan.expected) == min(12, months // 2)
        assert all(low <= point <= high for low, point, high in zip(fan.low, fan.expected, fan.high, strict=True))
    widths = [high - low for low, high in zip(made.mrr.low, made.mrr.high, strict=True)]
    assert all(next_one >= one - 1 for one, next_one in pairwise(widths) if made.mrr.low[-1])
    assert all(each >= 0 for each in made.components["new"].low)
    assert all(each <= 0 for each in made.components["churn"].high)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(13, 30), st.integers(0, 10_000))
def test_the_past_does_not_know_the_future(seed: int, now: int, other: int) -> None:
    """What each month forecasts, and how far it draws its band, stays when all that came after it is another."""
    one, another = grown(seed, 36), grown(other, 36)
    spliced = (
        one[0],
        {name: np.concatenate([one[1][name][:now], another[1][name][now:]]) for name in COMPONENTS},
        np.concatenate([one[2][:now], another[2][now:]]),
    )
    made = []
    for _opening, flows, closing in (one, spliced):
        openings = np.concatenate([[float(one[0])], closing[:-1]])
        _, levels = _from_every_month(openings, flows, closing, 12)
        wide = track.radius(track.errors(levels, closing, closing), now - 1)
        made.append((levels[:now], wide))
    np.testing.assert_array_equal(made[0][0], made[1][0])
    np.testing.assert_array_equal(made[0][1], made[1][1])


def test_a_forecast_from_a_cut_history_is_the_one_that_was_judged() -> None:
    whole = grown(7, 36)
    openings = np.concatenate([[float(whole[0])], whole[2][:-1]])
    _, levels = _from_every_month(openings, whole[1], whole[2], 12)
    for months in (24, 30, 35):
        assert told(cut(whole, months)).mrr.expected == tuple(round(float(each)) for each in levels[months - 1])


def test_bands_cover_about_what_they_claim_on_histories_they_have_not_seen() -> None:
    """Claimed are 80 %; the last months of 150 histories, each forecast from what came before them."""
    inside = total = 0
    for seed in range(150):
        whole = grown(seed, 42)
        made = told(cut(whole, 36)).mrr
        for step, came in enumerate(whole[2][36:]):
            inside += made.low[step] <= came <= made.high[step]
            total += 1
    assert 0.7 <= inside / total <= 0.92


def test_what_it_says_of_itself_is_what_strangers_find() -> None:
    """The coverage that it measures on its own past is near the one measured on what came later."""
    said = [told(grown(seed, 36)).mrr.record.coverage for seed in range(60)]
    assert 0.65 <= np.mean([float(each) for each in said if each is not None]) <= 0.92


def test_it_beats_naive_on_growth_and_says_so() -> None:
    growing = [each for each in (grown(seed, 36) for seed in range(60)) if each[2][-1] > 1.3 * each[0]]
    assert len(growing) > 20
    assert sum(told(each).mrr.record.better for each in growing) >= 0.9 * len(growing)


def test_a_walk_without_direction_is_no_better_than_naive() -> None:
    """Each month undoes or repeats the last one by the toss of a coin: nothing can be known but where it stands."""
    better = 0
    for seed in range(30):
        random = np.random.default_rng(seed)
        steps = random.choice([-300_000.0, 300_000.0], size=36)
        flows = {name: np.zeros(36) for name in COMPONENTS}
        flows["new"], flows["churn"] = np.maximum(steps, 0), np.minimum(steps, 0)
        level = 20_000_000 + np.cumsum(steps)
        better += told((20_000_000, flows, level)).mrr.record.better
    assert better <= 15


@pytest.mark.parametrize("months", [1, 6, 11])
def test_below_twelve_months_it_refuses_in_a_sentence(months: int) -> None:
    with pytest.raises(InvalidInput, match=f"needs 12 whole months with revenue, and there are {months}") as refused:
        told(grown(1, months))
    assert refused.value.code == "too_few_months"


def test_where_nobody_pays_it_refuses() -> None:
    opening, flows, closing = grown(1, 14)
    closing[-1] = 0
    with pytest.raises(InvalidInput, match="Nobody pays"):
        told((opening, flows, closing))


def test_a_record_by_hand() -> None:
    """Twelve months at 100, then 110: ours says 110 at the last step, naive 100."""
    series = np.array([100.0] * 7 + [110.0])
    made = np.full((8, 1), 100.0)
    made[6, 0] = 110.0
    naive = series[:, None]
    found = track.record(made, naive, series, series)
    assert isinstance(found, Record)
    assert (found.forecasts, str(found.mape), str(found.skill)) == (2, "0.0000", "1.0000")
    assert str(found.naive_mape) == "0.0455"
    assert (found.bands, found.coverage) == (0, None)
    assert found.better


def test_the_books_are_forecast_from_their_whole_months(databases: Databases, cast: Cast) -> None:
    now = clock.now()
    made = make_ledger(databases, cast, now)
    with databases.control.read(SYSTEM) as session:
        found = revenue_forecast(session, cast.sam, as_of=now)
        early = revenue_forecast(session, cast.sam, as_of=add_months(now, -5))
        with pytest.raises(NotPermitted):
            revenue_forecast(session, cast.mia, as_of=now)
    # Fourteen months ago is where it began; that month is not whole, and the one that runs neither.
    assert (len(found.months), found.closing[-1]) == (13, 109_700)
    assert found.forecast is not None
    assert found.ahead[0].start == add_months(made.last_month, 1)
    assert len(found.ahead) == len(found.forecast.mrr.expected) == 6
    assert (early.forecast, early.ahead) == (None, ())
    assert "there are 8" in early.why


def test_books_without_revenue_say_so(databases: Databases, cast: Cast) -> None:
    before: datetime = clock.now() - timedelta(days=3_000)
    vendor: Actor = cast.fiona
    with databases.control.read(SYSTEM) as session:
        found = revenue_forecast(session, vendor, as_of=before)
    assert (found.months, found.forecast) == ((), None)
    assert "there are 0" in found.why
