"""The page on imports names every field, reason and key that there is, and none that there is not."""

import re
from pathlib import Path

from pydantic.alias_generators import to_camel

from core.imports.findings import REASONS
from core.imports.mapping import (
    Binding,
    ChurnSource,
    CustomerSource,
    Mapping,
    SubscriptionSource,
    TicketSource,
    UsageSource,
)

TEXT = (Path(__file__).parents[3] / "docs" / "imports.md").read_text()
SOURCES = (CustomerSource, SubscriptionSource, UsageSource, TicketSource, ChurnSource)


def test_every_reason_is_explained_as_it_is_shown() -> None:
    found = re.findall(r"^\| `(\w+)` \| (refused|doubtful) \| (.+) \|$", TEXT, re.MULTILINE)
    assert found == [(one.code, one.verdict, one.label) for one in REASONS.values()]


def test_every_field_of_every_entity_is_listed_and_those_it_needs_as_needed() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", TEXT, re.MULTILINE)
    listed = {entity: (needed, may) for entity, needed, may in rows if entity not in REASONS}
    for source in SOURCES:
        entity = source.model_fields["entity"].annotation.__args__[0]  # type: ignore[union-attr]  # a Literal
        fields = source.model_fields["fields"].annotation
        needed, may = (set(re.findall(r"`(\w+)`", cell)) for cell in listed[entity])
        known = {to_camel(name): field for name, field in fields.model_fields.items()}  # type: ignore[union-attr]
        assert needed | may == set(known), entity
        assert {name for name, field in known.items() if field.is_required()} <= needed, entity


def test_every_key_is_shown() -> None:
    for name in (*Mapping.model_fields, *Binding.model_fields):
        assert re.search(rf"\b{to_camel(name)}\b", TEXT), name
