"""Digests of answers: the same rows give the same, one digit apart gives another, and order among rows says nothing."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.ask.receipts import digest, plain
from tests.core.ask import answers as made

D = Decimal


def of(figures: dict[str, Any]) -> bytes:
    found = made.by("mrr", "tier", figures)
    return digest(found.columns, found.frame)


def test_the_same_rows_have_the_same_digest_in_any_order() -> None:
    assert of({"Pro": 1, "Basic": 2}) == of({"Basic": 2, "Pro": 1})
    assert of({"Pro": D("1.50"), "Basic": 2}) == of({"Pro": D("1.5"), "Basic": D(2)})


@pytest.mark.parametrize(
    "changed", [{"Pro": 1, "Basic": 3}, {"Pro": 1}, {"Pro": 2, "Basic": 1}, {"Pro": 1, "Basic": None}]
)
def test_anything_else_has_another(changed: dict[str, Any]) -> None:
    assert of(changed) != of({"Pro": 1, "Basic": 2})


@pytest.mark.parametrize(
    ("cell", "carried"),
    [
        (None, None),
        (float("nan"), None),
        (pd.NaT, None),
        ("Pro", "Pro"),
        (True, True),
        (7, 7),
        (np.int64(7), 7),
        (D("7.00"), 7),
        (D("0.0421"), "0.0421"),
        (D("1E+3"), 1000),
        (0.1, "0.1"),
        (date(2026, 11, 21), "2026-11-21"),
        (datetime(2026, 11, 21, 12, tzinfo=UTC), "2026-11-21T12:00:00+00:00"),
        (pd.Timestamp(2026, 11, 1), "2026-11-01T00:00:00"),
    ],
)
def test_a_cell_is_carried_to_its_last_digit(cell: Any, carried: Any) -> None:
    assert plain(cell) == carried
    assert type(plain(cell)) is type(carried)
