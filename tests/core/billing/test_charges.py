"""Which charges are none, and what each is told; and that a stored charge reads back as itself."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from core.billing.charges import Charge, Model, usage_charge
from core.billing.charges_stored import as_json, charge_of
from core.billing.charges_tiers import Tier
from core.billing.graduated import Change, Graduated, prorated_graduated
from core.billing.package import Standard
from core.billing.percentage import Percentage
from core.billing.volume import Volume, volume
from core.errors import InvalidInput
from tests.core.billing.test_cases_c import MODELS

TWO: list[dict[str, Any]] = [{"upTo": "10", "price": "5"}, {"upTo": None, "price": "3"}]


@pytest.mark.parametrize(
    ("stored", "field", "sentence"),
    [
        ({}, "model", "is missing"),
        ({"model": "flat"}, "model", "no way to charge"),
        ({"model": "standard"}, "price", "is missing"),
        ({"model": "standard", "price": "-1"}, "price", "0 or more"),
        ({"model": "standard", "price": 0.05}, "price", "as text"),
        ({"model": "standard", "price": "NaN"}, "price", "as text"),
        ({"model": "standard", "price": "1e400000"}, "price", "as text"),
        ({"model": "standard", "price": "0.0000000000001"}, "price", "12 decimal digits"),
        ({"model": "standard", "price": "1", "tiers": []}, "tiers", "no part of this charge"),
        ({"model": "standard", "price": "1", "minimum": "-3"}, "minimum", "0 or more"),
        ({"model": "package", "price": "1", "size": "0"}, "size", "more than 0"),
        ({"model": "percentage", "rate": "1", "least": "5", "most": "2"}, "least", "no more than the most"),
        ({"model": "percentage", "rate": "1", "freeEvents": "3"}, "freeEvents", "whole number"),
        ({"model": "percentage", "rate": "1", "freeEvents": -1}, "freeEvents", "from 0 up"),
        ({"model": "graduated", "tiers": []}, "tiers", "at least one tier"),
        ({"model": "graduated", "tiers": "many"}, "tiers", "list of tiers"),
        ({"model": "graduated", "tiers": TWO[:1]}, "tiers[0].upTo", "last tier open"),
        ({"model": "volume", "tiers": [TWO[1], TWO[0]]}, "tiers[0].upTo", "no end"),
        ({"model": "volume", "tiers": [TWO[0], TWO[0], TWO[1]]}, "tiers[1].upTo", "must end above 10"),
        ({"model": "volume", "tiers": [{"upTo": "0"}, TWO[1]]}, "tiers[0].upTo", "must end above 0"),
        ({"model": "graduated_percentage", "tiers": [{**TWO[1], "from": "0"}]}, "tiers[0].from", "no part"),
        ({"model": "graduated", "tiers": [{"price": "x"}]}, "tiers[0].price", "as text"),
    ],
)
def test_what_is_no_charge_is_told_by_its_field(stored: dict[str, Any], field: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence) as refused:
        charge_of(stored)
    assert refused.value.field == field


@given(MODELS)
def test_a_stored_charge_reads_back_as_itself(model: Model) -> None:
    charge = Charge(model, Decimal("2.50"))
    assert charge_of(as_json(charge)) == charge


def test_events_add_up_to_the_units() -> None:
    by_event = Charge(Percentage(Decimal(1), Decimal(2)))
    with pytest.raises(InvalidInput, match="add up") as refused:
        usage_charge(by_event, Decimal(10), [Decimal(4), Decimal(5)])
    assert refused.value.field == "events"
    with pytest.raises(InvalidInput, match="counted by event"):
        usage_charge(by_event, Decimal(10))
    assert usage_charge(by_event, Decimal(0)) == ()


def test_units_are_counted_from_nothing_up() -> None:
    for units in (Decimal(-1), Decimal("Infinity")):
        with pytest.raises(InvalidInput, match="from 0 up"):
            usage_charge(Charge(Standard(Decimal(1))), units)
    with pytest.raises(TypeError, match="Decimal"):
        usage_charge(Charge(Standard(Decimal(1))), 1.5)  # type: ignore[arg-type]


def test_prorated_units_are_part_of_the_units() -> None:
    only = (Tier(None, Decimal(1)),)
    with pytest.raises(InvalidInput, match="no more than"):
        volume(Volume(only), Decimal(3), Decimal(4))
    with pytest.raises(InvalidInput, match="between none and all"):
        Change(Decimal(3), Decimal(-1))
    with pytest.raises(InvalidInput, match="than are held"):
        prorated_graduated(Graduated(only), [Change(Decimal(1), Decimal(1)), Change(Decimal(-2), Decimal(-1))])
