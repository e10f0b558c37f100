"""The catalogue itself: every number says what it is, in words that mean one thing."""

from collections import Counter

import pytest

from core.errors import InvalidInput
from core.metrics.catalog import METRICS, metric
from core.metrics.fields import DIMENSIONS, ENTITIES
from core.metrics.metric import Metric, Undefined
from core.metrics.sums import NOTHING

EVERY = list(METRICS.values())


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.id)
def test_a_metric_says_what_it_is(one: Metric) -> None:
    assert one.definition.endswith(".")
    assert one.formula
    assert one.label[0].isupper()
    assert set(one.dimensions) <= set(DIMENSIONS)
    assert all(alias == alias.lower() for alias in one.aliases)


def test_no_word_means_two_metrics() -> None:
    words = Counter(word for one in EVERY for word in {one.label.lower(), one.id.replace("_", " "), *one.aliases})
    assert [word for word, count in words.items() if count > 1] == []


@pytest.mark.parametrize("one", [one for one in EVERY if one.kind == "ratio"], ids=lambda one: one.id)
def test_a_ratio_of_nothing_is_undefined_and_says_why(one: Metric) -> None:
    value = one.of(NOTHING)
    assert isinstance(value, Undefined)
    assert value.reason


@pytest.mark.parametrize("one", [one for one in EVERY if one.kind != "ratio"], ids=lambda one: one.id)
def test_a_sum_of_nothing_is_zero(one: Metric) -> None:
    assert one.of(NOTHING) == 0


def test_an_unknown_metric_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="“happiness”"):
        metric("happiness")


@pytest.mark.parametrize("entity", sorted(ENTITIES))
def test_fields_of_an_entity_have_one_meaning_each(entity: str) -> None:
    fields = ENTITIES[entity].values()  # type: ignore[index]  # one of its own keys
    words = Counter(word for one in fields for word in {one.label.lower(), *one.aliases})
    assert [word for word, count in words.items() if count > 1] == []
