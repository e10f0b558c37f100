"""The published rules of culture as Markdown tables, for docs/culture.md."""

from collections.abc import Callable, Iterable, Sequence

from core.culture import archetypes, upsell_findings, upsell_rules
from core.culture.health_rules import ALLOWANCE_KNOTS, BANDS, CAPS, COMPONENTS, RULES, VERSIONS, Knots


def weights() -> str:
    """Return the parts of the health score with their knots."""
    rows = [
        (COMPONENTS[rule.component], rule.label, str(rule.weight), rule.measure, _knots(rule.knots)) for rule in RULES
    ]
    rows.append(("", "… where no seats were sold", "", "people ÷ members the tier allows", _knots(ALLOWANCE_KNOTS)))
    return _table(("Component", "Part", "Weight", "What is measured", "Value → points of 100"), rows)


def bands() -> str:
    """Return the bands."""
    return _table(("Band", "From"), [(name, str(least)) for least, name in BANDS])


def versions() -> str:
    """Return every version of the weights and what it changed."""
    return _table(("Weights", "What changed"), [(each.version, each.change) for each in VERSIONS])


def caps() -> str:
    """Return what caps the score."""
    return _table(("Reason", "At most"), [(cap.reason, str(cap.highest)) for cap in CAPS.values()])


def kinds() -> str:
    """Return the archetypes in the order in which they are tried, each by the first line of its rule."""
    rows = [(label, f"`{key}`", (rule.__doc__ or "").strip()) for key, label, rule in archetypes.RULES]
    return _table(("Archetype", "Id", "When"), rows)


def upsells() -> str:
    """Return the upsell rules, each by its first line."""
    version = str(upsell_findings.VERSION)
    rows = [(f"`{rule.__name__}`", version, (rule.__doc__ or "").strip()) for rule in upsell_rules.RULES]
    return _table(("Rule", "Version", "What it looks for"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "health-weights": weights,
    "health-versions": versions,
    "health-bands": bands,
    "health-caps": caps,
    "archetypes": kinds,
    "upsell-rules": upsells,
}


def _knots(knots: Knots) -> str:
    return ", ".join(f"{value:g} → {points:g}" for value, points in knots)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
