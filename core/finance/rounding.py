"""Exact sums as whole minor units: each rounded half up once, or parts of a whole that keep adding up to it."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

# Exact amounts are whole numbers of 1 / EXACT minor units: a rate has 12 decimals, and currencies up to 4 digits.
EXACT: Final = 10**16


def rounded(exact: NDArray[Any]) -> NDArray[np.int64]:
    """Return exact amounts (object array of int) as minor units; a half goes away from zero, as in core/money.py."""
    size = (np.abs(exact) * 2 + EXACT) // (2 * EXACT)
    whole: NDArray[np.int64] = np.where(exact < 0, -size, size).astype(np.int64)
    return whole


def allotted(exact: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.int64]:
    """Return exact amounts (parts by column) as minor units whose sum is the rounded sum of the parts of a whole.

    `whole` says for each row which whole it is part of (0, 1, …). Each part is rounded down, and the units that then
    lack go to the largest remainders, of equal ones to the first (Hamilton's method).
    """
    down = exact // EXACT
    rest = (exact - down * EXACT).astype(np.int64)
    found = down.astype(np.int64)
    if not rest.any():
        return found
    wholes = int(whole.max()) + 1
    sums = np.zeros((wholes, exact.shape[1]), dtype=object)
    np.add.at(sums, whole, exact)
    lacking = rounded(sums)
    np.subtract.at(lacking, whole, found)
    starts = np.zeros(wholes, dtype=np.int64)
    starts[1:] = np.cumsum(np.bincount(whole, minlength=wholes))[:-1]
    for column in range(exact.shape[1]):
        order = np.lexsort((-rest[:, column], whole))
        place = np.arange(len(order)) - starts[whole[order]]
        found[order, column] += place < lacking[whole[order], column]
    return found
