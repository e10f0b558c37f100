"""Whether health has told beforehand who would leave: scores of past days held against what happened after them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.culture.estimate import Abstention, Estimate, Figure, too_few, wilson
from core.culture.health_rules import BANDS
from core.culture.said import percent

HORIZON = timedelta(days=90)
LEAST_LEAVERS = 20
RESAMPLES = 500
SHARE_CALLED = 0.1
# So many customers' worth of the average rate are mixed into each band's, which would else be certain of what is rare.
PRIOR_WORTH = 10

Verdict = Literal["too_few", "none", "shown", "reversed"]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Snapshot:
    """A customer's score as of the end of a day, made from nothing that happened later."""

    customer: str
    day: date
    score: float


@dataclass(frozen=True)
class BandOutcome:
    """Of a band in the later half: how many were forecast to leave by the earlier half, and how many did."""

    band: str
    snapshots: int
    forecast: float
    left: Figure


@dataclass(frozen=True)
class Backtest:
    """What the scores were worth in forecasting who leaves within 90 days.

    `auc` is the chance that of two customers the one who left had the lower score: 0.5 is a coin. `lift` is how many
    times more often the lowest tenth left than all. `brier` is the mean squared error of the forecasts of the later
    half, `brier_reference` that of forecasting the average rate for everybody; both None where no half is whole.
    `waiting` snapshots are younger than 90 days, so that nobody knows yet.
    """

    verdict: Verdict
    sentence: str
    snapshots: int
    customers: int
    leavers: int
    left: int
    waiting: int
    first_day: date | None
    last_day: date | None
    auc: Figure
    lift: Figure
    brier: float | None
    brier_reference: float | None
    bands: tuple[BandOutcome, ...]


@dataclass(frozen=True)
class _Cases:
    """Snapshots whose 90 days are over: score, whether the customer left, the customer's number, and the day."""

    scores: Numbers
    left: Numbers
    customer: npt.NDArray[np.int64]
    days: npt.NDArray[np.int64]


def hold_against(snapshots: Sequence[Snapshot], departures: Mapping[str, Sequence[date]], until: date) -> Backtest:
    """Hold snapshots against the days on which their customers left, as known at `until`.

    The interval comes from drawing whole customers anew: snapshots of one customer are no independent witnesses.
    """
    over = sorted((one for one in snapshots if one.day + HORIZON <= until), key=lambda one: (one.day, one.customer))
    cases = _cases(over, departures)
    leavers = len(set(cases.customer[cases.left > 0].tolist()))
    stayers = len(set(cases.customer[cases.left == 0].tolist()))
    enough = min(leavers, stayers) >= LEAST_LEAVERS
    auc, lift = _power(cases) if enough else (too_few("customers who left", LEAST_LEAVERS, leavers),) * 2
    verdict = _verdict(auc)
    brier, reference, bands = _calibration(cases) if enough else (None, None, ())
    return Backtest(
        verdict=verdict,
        sentence=_sentence(verdict, auc, leavers),
        snapshots=len(over),
        customers=len(set(cases.customer.tolist())),
        leavers=leavers,
        left=int(cases.left.sum()),
        waiting=len(snapshots) - len(over),
        first_day=over[0].day if over else None,
        last_day=over[-1].day if over else None,
        auc=auc,
        lift=lift,
        brier=brier,
        brier_reference=reference,
        bands=bands,
    )


def area(scores: Numbers, left: Numbers) -> float:
    """Return the chance that one who left scored lower than one who stayed, ties counted half (Mann and Whitney 1947).

    NaN where nobody left or nobody stayed.
    """
    return _area(*_by_score(_places(scores), left, np.ones(len(scores))))


def lift_of_lowest(scores: Numbers, left: Numbers) -> float:
    """Return the rate of leaving among the lowest tenth over that of all; who ties at the edge counts in part."""
    return _lift(*_by_score(_places(scores), left, np.ones(len(scores))))


def _area(gone: Numbers, stayed: Numbers) -> float:
    above = stayed.sum() - np.cumsum(stayed)
    total = float(gone.sum() * stayed.sum())
    return float((gone * (above + stayed / 2)).sum()) / total if total else float("nan")


def _lift(gone: Numbers, stayed: Numbers) -> float:
    size = gone + stayed
    called, average = SHARE_CALLED * size.sum(), float(gone.sum() / size.sum())
    before = np.cumsum(size) - size
    taken = np.clip((called - before) / np.where(size > 0, size, 1.0), 0.0, 1.0)
    return float((gone * taken).sum() / called) / average if average else float("nan")


def _places(scores: Numbers) -> npt.NDArray[np.int64]:
    return np.unique(scores, return_inverse=True)[1].astype(np.int64)


def _by_score(place: npt.NDArray[np.int64], left: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
    """Return how many left and how many stayed at each score, from the lowest up."""
    gone, stayed = (np.bincount(place, weights * side).astype(np.float64) for side in (left, 1 - left))
    return gone, stayed


def _cases(over: Sequence[Snapshot], departures: Mapping[str, Sequence[date]]) -> _Cases:
    numbers: dict[str, int] = {}
    left = [any(one.day < gone <= one.day + HORIZON for gone in departures.get(one.customer, ())) for one in over]
    return _Cases(
        np.array([one.score for one in over], dtype=float),
        np.array(left, dtype=float),
        np.array([numbers.setdefault(one.customer, len(numbers)) for one in over], dtype=np.int64),
        np.array([one.day.toordinal() for one in over], dtype=np.int64),
    )


def _power(cases: _Cases) -> tuple[Figure, Figure]:
    customers = int(cases.customer.max()) + 1
    generator = np.random.default_rng(customers)
    drawn = generator.multinomial(customers, np.full(customers, 1 / customers), RESAMPLES).astype(float)
    method = f"{RESAMPLES} draws of {customers:,} customers, 95%"
    place = _places(cases.scores)
    again = [_by_score(place, cases.left, each[cases.customer]) for each in drawn]
    found: list[Figure] = []
    for measure, value in ((_area, area(cases.scores, cases.left)), (_lift, lift_of_lowest(cases.scores, cases.left))):
        low, high = (float(x) for x in np.nanquantile([measure(*each) for each in again], (0.025, 0.975)))
        found.append(Estimate(value, low, high, len(cases.scores), method))
    return found[0], found[1]


def _verdict(auc: Figure) -> Verdict:
    if isinstance(auc, Abstention) or auc.low is None or auc.high is None:
        return "too_few"
    if auc.low <= 0.5 <= auc.high:
        return "none"
    return "shown" if auc.low > 0.5 else "reversed"


def _calibration(cases: _Cases) -> tuple[float | None, float | None, tuple[BandOutcome, ...]]:
    """Forecast the later half by the rates that the earlier one had: nothing is known of what it forecasts."""
    split = int(np.median(cases.days))
    early, late = cases.days + HORIZON.days <= split, cases.days >= split
    if not cases.left[early].any() or not late.any():
        return None, None, ()
    average = float(cases.left[early].mean())
    band = np.searchsorted(sorted(least for least, _ in BANDS), np.floor(cases.scores + 0.5), side="right") - 1
    size = np.bincount(band[early], minlength=len(BANDS))
    gone = np.bincount(band[early], cases.left[early], minlength=len(BANDS))
    rates = (gone + average * PRIOR_WORTH) / (size + PRIOR_WORTH)
    brier = float(((rates[band[late]] - cases.left[late]) ** 2).mean())
    reference = float(((average - cases.left[late]) ** 2).mean())
    made = []
    for number, (_, name) in enumerate(sorted(BANDS)):
        own = late & (band == number)
        made.append(
            BandOutcome(name, int(own.sum()), float(rates[number]), wilson(int(cases.left[own].sum()), int(own.sum())))
        )
    return brier, reference, tuple(reversed(made))


def _sentence(verdict: Verdict, auc: Figure, leavers: int) -> str:
    if verdict == "too_few" or isinstance(auc, Abstention):
        return f"Too few: {leavers} customers left within 90 days of a snapshot; a test needs {LEAST_LEAVERS}."
    spread = f"{auc.value:.2f} ({auc.low or 0:.2f} to {auc.high or 0:.2f})"
    told = f"of two customers the one who left had the lower score {percent(auc.value)} of the time, AUC {spread}."
    if verdict == "none":
        return f"No demonstrated predictive power: {told}"
    if verdict == "reversed":
        return f"Worse than a coin: {told}"
    return f"Health tells who leaves: {told}"
