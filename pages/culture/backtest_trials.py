"""The tests of health on the past: the verdict in words, its figures, forecast beside outcome, and how it was done."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from core.culture.backtest import HORIZON, LEAST_LEAVERS, Backtest, Verdict
from core.culture.estimate import value_of
from core.culture.snapshots import Label, Score, Trial
from pages.culture.figures import bounds, known, layer
from pages.parts import columns
from pages.parts import format as say
from pages.parts.cards import Definition, Tile, card, tiles

_SCORES: Final[dict[Score, str]] = {"shown": "Health as it was shown", "use": "Use alone, told afterwards"}
_LABELS: Final[dict[Label, str]] = {"ledger": "MRR fell to zero", "noted": "Said to leave"}
_LEFT: Final[dict[Label, str]] = {"ledger": "whose MRR fell to zero", "noted": "who was said to leave"}
_VERDICTS: Final[dict[Verdict, tuple[str, str, str]]] = {
    "shown": ("green", "check_circle", "Tells who leaves"),
    "none": ("orange", "help", "No demonstrated predictive power"),
    "reversed": ("red", "error", "Worse than a coin"),
    "too_few": ("gray", "hourglass_empty", "Too few left to say"),
}
_METHOD: Final = """
- A **snapshot** is a score as of the end of a day, made from nothing that happened later. They lie four weeks apart;
  only customers who paid on that day are in them.
- **Health as it was shown** is what was kept on that day. **Use alone** is told afterwards from the roll-ups, by the
  same rules, without license and payments: how those ended is known only in hindsight.
- **Who left** is known 90 days later. Younger snapshots wait.
- The **interval** comes from drawing whole customers anew, 500 times: snapshots of one customer are no independent
  witnesses. Where it holds 0.5, a coin would have done as well, and this page says so.
- **Forecasts** of the later half are the rates at which each band left in the earlier half.
"""


def answer(first: Trial) -> None:
    """Draw the verdict: the answer of the page."""
    color, icon, words = _VERDICTS[first.outcome.verdict]
    with card("verdict", height="content").body:
        st.markdown(f":{color}-badge[:material/{icon}: {words}]")
        st.header(say.plain(first.outcome.sentence), anchor=False)
        st.caption(say.plain(f"{_SCORES[first.score]}; who left: {_LEFT[first.label]}. {_advice(first)}"))


def _advice(first: Trial) -> str:
    return {
        "shown": "It may rank whom to call; it is no forecast of any one customer.",
        "none": "Take health as a summary of use, and not as a forecast.",
        "reversed": "Do not rank customers by it before you know why.",
        "too_few": f"It is tested once {LEAST_LEAVERS} customers have left within {HORIZON.days} days of a snapshot.",
    }[first.outcome.verdict]


def figures(found: Backtest) -> None:
    """Draw the four numbers that the verdict stands on."""
    auc = Definition(
        "The chance that of two customers the one who left had the lower score. 0.5 is a coin, 1 is perfect."
    )
    lift = Definition("How many times more often the tenth with the lowest scores left than all.")
    left = Definition(f"Customers who left within {HORIZON.days} days of one of their snapshots.")
    seen = Definition("Scores of a customer and day whose 90 days are over.", policy="Four weeks apart, payers alone.")
    tiles(
        [
            Tile("auc", "AUC", known(found.auc, _two), definition=auc, note="0.5 is a coin"),
            Tile("lift", "Lift of the lowest tenth", known(found.lift, _two), definition=lift, note="1 is no better"),
            Tile(
                "left",
                "Customers who left",
                say.integer(found.leavers),
                definition=left,
                note=f"of {say.integer(found.customers)}",
            ),
            Tile(
                "snapshots",
                "Snapshots",
                say.integer(found.snapshots),
                definition=seen,
                note=f"{say.integer(found.waiting)} still wait",
            ),
        ]
    )


def _two(value: float) -> str:
    return say.decimal(value, digits=2)


def bands(found: Backtest) -> None:
    """Draw forecast beside outcome for each band, in the half that the forecast did not see."""
    place = card("bands", "Forecast and outcome", "in the later half, by the rates of the earlier one")
    definition = (
        "Mean squared error of the forecasts; the average rate for everybody makes the reference. Less is better."
    )
    layer(place.right, "inferred", "bands", {"Brier score": definition, "Band": "By the score on the day."})
    with place.body:
        rows = [each for each in found.bands if each.snapshots]
        columns.table(
            pd.DataFrame(
                {
                    "band": [each.band for each in rows],
                    "n": [each.snapshots for each in rows],
                    "forecast": [each.forecast for each in rows],
                    "left": [value_of(each.left) for each in rows],
                    "interval": [bounds(each.left) for each in rows],
                }
            ),
            {
                "band": columns.name("Band", width=110),
                "n": columns.count("Snapshots"),
                "forecast": columns.share("Forecast", help="The rate at which the band left in the earlier half."),
                "left": columns.share("Left", help="Within 90 days, in the later half."),
                "interval": columns.text("95% interval", width=110),
            },
            key="bands",
            alt="Bands with the share forecast to leave and the share that left, with its interval.",
            height="content",
        )
        if found.brier is not None and found.brier_reference is not None:
            better = 1 - found.brier / found.brier_reference if found.brier_reference else 0.0
            own, average = (say.decimal(each, digits=3) for each in (found.brier, found.brier_reference))
            words = f"{say.percent(abs(better))} {'better' if better >= 0 else 'worse'}"
            st.caption(f"Brier score {own} against {average} of the average rate: {words}.")


def every(trials: Sequence[Trial]) -> None:
    """Draw every score against every meaning of leaving."""
    place = card("trials", "Everything that was tested", "each score against each meaning of leaving", height="content")
    with place.body:
        columns.table(
            pd.DataFrame(
                {
                    "score": [_SCORES[each.score] for each in trials],
                    "label": [_LABELS[each.label] for each in trials],
                    "verdict": [_VERDICTS[each.outcome.verdict][2] for each in trials],
                    "auc": [known(each.outcome.auc, _two) for each in trials],
                    "left": [each.outcome.leavers for each in trials],
                    "customers": [each.outcome.customers for each in trials],
                    "n": [each.outcome.snapshots for each in trials],
                    "span": [_span(each.outcome) for each in trials],
                }
            ),
            {
                "score": columns.name("Score", width=200),
                "label": columns.text("Left means", width=140),
                "verdict": columns.text("Verdict", width=230),
                "auc": columns.text("AUC", width=130),
                "left": columns.count("Left"),
                "customers": columns.count("Customers"),
                "n": columns.count("Snapshots"),
                "span": columns.text("Days", width=190),
            },
            key="trials",
            alt="Tests of health with verdict, AUC, customers who left and snapshots.",
            height="content",
        )


def _span(found: Backtest) -> str:
    if found.first_day is None or found.last_day is None:
        return say.DASH
    return f"{say.day(found.first_day)} to {say.day(found.last_day)}"


def method() -> None:
    """Draw how it was done."""
    with card("method", "How this is tested").body:
        st.markdown(_METHOD)
