"""What would move LTV:CAC: each of its parts a fifth better, all else as it is."""

from decimal import Decimal
from typing import Final

import pandas as pd

from core.metrics.catalog import metric
from core.metrics.metric import Sums
from core.metrics.sums import number
from pages.finance.economics_figures import Seen
from pages.parts import charts
from pages.parts.cards import card
from pages.parts.charts import units

_LESS, _MORE = Decimal("0.8"), Decimal("1.2")
# Each lever is a change of the sums that the ratio is made of.
_LEVERS: Final = {
    "A fifth fewer leave": {"churned": _LESS},
    "A fifth less spent to win": {"acquisition": _LESS},
    "A fifth more won for it": {"new_customers": _MORE},
    # Whoever pays more brings more revenue too, at the same cost.
    "A fifth more paid by each": {"mrr": _MORE, "revenue": _MORE},
    "A fifth less cost to serve": {"cost": _LESS},
}


def show(seen: Seen) -> None:
    """Draw the ratio as it is and under each lever, the strongest first."""
    one = metric("ltv_to_cac")
    known = number(one.of(seen.now))
    with card("levers").body:
        moved = {name: number(one.of(_changed(seen.now, lever))) for name, lever in _LEVERS.items()}
        best = sorted(((name, value) for name, value in moved.items() if value is not None), key=lambda each: -each[1])
        rows = [] if known is None else [("As it is", known, "neutral"), *((*each, "accent") for each in best)]
        charts.show(
            charts.bar(
                pd.DataFrame(rows, columns=["lever", "ratio", "role"]),
                label="lever",
                value="ratio",
                role="role",
                horizontal=True,
                title="What would move it",
                unit=units.number(f"times: {one.label}, all else as it is"),
            ),
            "levers",
        )


def _changed(sums: Sums, lever: dict[str, Decimal]) -> Sums:
    return {**sums, **{name: sums[name] * factor for name, factor in lever.items()}}
