"""How numbers are said in sentences."""

import pytest

from core.culture.said import metered


@pytest.mark.parametrize(
    ("amount", "unit", "said"),
    [
        (8_400, "calls", "8,400"),
        (9_100_000_000, "bytes", "9.1 GB"),
        (100 * 10**9, "bytes", "100 GB"),
        (1_000 * 10**9, "bytes", "1 TB"),
        (12, "bytes", "12"),
    ],
)
def test_amounts_are_said_in_their_unit(amount: int, unit: str, said: str) -> None:
    assert metered(amount, unit) == said
