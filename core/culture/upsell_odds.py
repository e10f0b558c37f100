"""How often a rule is right: won of what was decided, with its interval, and the chance that values stand on."""

from fractions import Fraction
from typing import Final

import numpy as np

from core.culture.estimate import Abstention, Estimate, Figure

# Before any outcome of a rule is known, one opportunity in ten is taken to be won: Beta(1, 9), said with the value.
PRIOR_WON: Final = 1
PRIOR_ALL: Final = 10
OUTCOMES_FOR_OWN_RATE: Final = 20
_STEPS: Final = 20_000


def win_rate(won: int, lost: int) -> Figure:
    """Return won ÷ (won + lost) with the 95% interval of Beta(1 + won, 1 + lost), or abstain where none was decided.

    What was ignored is in neither: nobody asked the customer. The interval ends at 0 where none was won, at 1 where
    none was lost (Brown, Cai and DasGupta 2001).
    """
    n = won + lost
    if n == 0:
        return Abstention("none was won or lost yet", 0)
    low, high = beta_interval(1 + won, 1 + lost)
    return Estimate(won / n, low if won else 0.0, high if lost else 1.0, n, "Beta(1 + won, 1 + lost), 95%")


def chance(won: int, closed: int) -> Fraction:
    """Return the chance to win that expected values stand on: the mean of Beta(1 + won, 9 + not won)."""
    return Fraction(PRIOR_WON + won, PRIOR_ALL + closed)


def beta_interval(a: float, b: float) -> tuple[float, float]:
    """Return the central 95% interval of Beta(a, b), both at least 1, to four places."""
    x = (np.arange(_STEPS) + 0.5) / _STEPS
    log_density = (a - 1) * np.log(x) + (b - 1) * np.log1p(-x)
    below = np.cumsum(np.exp(log_density - log_density.max()))
    low, high = np.interp((0.025, 0.975), below / below[-1], x)
    return float(low), float(high)
