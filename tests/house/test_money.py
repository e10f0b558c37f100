"""No float near money: not in the domains that hold amounts, and not in their tables."""

import ast
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import BigInteger, Double, Float, Numeric

from db.models import metadata
from tests.house.sources import ROOT, name, python_files, tree

MONEY = ("core/billing", "core/finance")
# Statistics: what is expected is an estimate, rounded once; nothing that is booked or owed comes from it.
ESTIMATES = {"core/finance/forecast.py", "core/finance/track.py"}
SECONDS = {"timeout", "PATIENCE_SECONDS", "WAIT_SECONDS", "budget", "pause", "waited"}


def test_no_float_is_written_or_made_where_amounts_are() -> None:
    files = [ROOT / "core/money.py", *(path for path in python_files(*MONEY) if name(path) not in ESTIMATES)]
    found = [f"{name(path)}:{line}" for path in files for line in _floats(path)]
    assert found == [], "Amounts are whole minor units, rates are Decimal."


def _floats(path: Path) -> Iterator[int]:
    """Yield lines with a float literal or the name float, seconds of patience apart."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float) and not _is_seconds(path, node.lineno):
            yield node.lineno
        if isinstance(node, ast.Name) and node.id == "float" and not _is_seconds(path, node.lineno):
            yield node.lineno


def _is_seconds(path: Path, line: int) -> bool:
    return any(word in path.read_text().splitlines()[line - 1] for word in SECONDS)


def test_amounts_are_whole_and_rates_exact_in_the_tables() -> None:
    columns = [column for table in metadata.tables.values() for column in table.columns]
    amounts = [column for column in columns if column.name.endswith("_minor")]
    assert amounts
    assert [str(column) for column in amounts if not isinstance(column.type, BigInteger)] == []
    # Double is a Float and Float a Numeric, to SQLAlchemy.
    rates = [column for column in columns if column.name in {"rate", "unit_price"}]
    assert [
        str(one) for one in rates if isinstance(one.type, Float | Double) or not isinstance(one.type, Numeric)
    ] == []
