"""Revenue on books that contradict themselves: RavenStack's faults stand where the figures are, with a way to all."""

from pathlib import Path

import pytest

from core.databases import Databases
from core.imports import console
from core.imports.running import run
from db.session import SYSTEM
from tests.core.imports.chartmogul.world import NOW
from tests.pages.conftest import AsPerson, words

MAPPING = Path(__file__).parents[2] / "docs" / "imports" / "ravenstack.yaml"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ravenstack(databases: Databases, cast: object, shared_data: Path) -> None:
    """Have the books taken over."""
    order = console.order_from(MAPPING, shared_data / "ravenstack")
    with databases.control.write(SYSTEM) as session:
        checked = console.look(session, order, into_demo=True, now=NOW)
        run_id = console.begin(session, order, checked, now=NOW)
    run(databases, run_id, clock=lambda: NOW, report=lambda *_: None, checked=checked)


@pytest.mark.usefixtures("ravenstack")
@pytest.mark.parametrize(("name", "may_import"), [("fiona", True), ("sam", False)])
def test_contradictory_churn_and_usage_before_the_start_are_said(
    as_person: AsPerson, name: str, may_import: bool
) -> None:
    app = as_person(name, "revenue")
    assert not app.exception
    said = words(app)
    assert "Not all is right with the books of **RavenStack**" in said
    assert "Three definitions of churn contradict each other" in said
    assert "usage before its subscription starts" in said
    assert ("The import's report" in said) == may_import
