"""The page on culture names the versions that the code has; tests/docs hold its tables to the code."""

import re
from pathlib import Path

from core.culture.health_rules import WEIGHTS_VERSION
from core.culture.profile import METHOD_VERSION
from core.culture.rulebook import TABLES

DOCUMENT = Path(__file__).parents[3] / "docs" / "culture.md"


def test_the_versions_are_those_in_force() -> None:
    text = DOCUMENT.read_text()
    assert re.search(rf"weights, version {WEIGHTS_VERSION}\b", text)
    assert re.search(rf"method, version {METHOD_VERSION}\b", text)


def test_every_rule_has_its_words() -> None:
    for made in TABLES.values():
        assert all(cell.strip() for row in made().splitlines()[2:] if "…" not in row for cell in row[1:-1].split("|"))
