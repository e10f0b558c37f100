"""Which tax a sale bears, and which VAT ids are none."""

from decimal import Decimal

import pytest

from core.billing.taxes import EU, NOT_TAXED, OUTSIDE, REVERSE_CHARGE, TaxTreatment, tax_for, vat_id
from core.errors import InvalidInput

RATES = {"DE": Decimal(19), "FR": Decimal(20), "GB": Decimal(20)}


@pytest.mark.parametrize(
    ("seller", "buyer", "number", "expected"),
    [
        ("DE", "DE", None, TaxTreatment(Decimal(19), "S")),
        ("DE", "DE", "DE136695976", TaxTreatment(Decimal(19), "S")),
        ("DE", "FR", "FR40303265045", TaxTreatment(Decimal(0), "AE", REVERSE_CHARGE)),
        ("DE", "FR", None, TaxTreatment(Decimal(20), "S")),
        ("DE", "FR", "  ", TaxTreatment(Decimal(20), "S")),
        ("de", "GR", "EL 094 259 216", TaxTreatment(Decimal(0), "AE", REVERSE_CHARGE)),
        ("DE", "US", None, TaxTreatment(Decimal(0), "G", OUTSIDE)),
        ("DE", "GB", "GB980780684", TaxTreatment(Decimal(0), "G", OUTSIDE)),
        ("US", "DE", "DE136695976", TaxTreatment(Decimal(0), "O", NOT_TAXED)),
        ("US", "US", None, TaxTreatment(Decimal(0), "O", NOT_TAXED)),
        ("GB", "GB", None, TaxTreatment(Decimal(20), "S")),
    ],
)
def test_tax_by_seller_buyer_and_vat_id(seller: str, buyer: str, number: str | None, expected: TaxTreatment) -> None:
    assert tax_for(seller, buyer, number, RATES) == expected


def test_a_country_without_a_rate_is_named() -> None:
    for seller, buyer in (("DE", "IT"), ("IT", "IT")):
        with pytest.raises(InvalidInput, match="No tax rate is known for IT") as refused:
            tax_for(seller, buyer, None, RATES)
        assert refused.value.code == "no_tax_rate"


def test_a_country_is_two_letters() -> None:
    with pytest.raises(InvalidInput, match="ISO 3166"):
        tax_for("DE", "Germany", None, RATES)


@pytest.mark.parametrize(
    ("typed", "country", "written"),
    [
        ("de 136 695 976", "DE", "DE136695976"),
        ("FR-40.303.265.045", None, "FR40303265045"),
        ("GR094259216", "GR", "EL094259216"),
        ("EL094259216", "GR", "EL094259216"),
    ],
)
def test_a_vat_id_is_written_in_one_way(typed: str, country: str | None, written: str) -> None:
    assert vat_id(typed, country) == written


@pytest.mark.parametrize(
    ("typed", "country", "sentence", "code"),
    [
        ("DE136695977", "DE", "digits don't check", "vat_id_invalid"),
        ("DE1", None, "digits don't check", "vat_id_invalid"),
        ("FR40303265045", "DE", "begins with DE", "vat_id_country"),
        ("US123456789", None, "two letters of a member state", "vat_id_invalid"),
        ("", None, "two letters of a member state", "vat_id_invalid"),
    ],
)
def test_what_is_no_vat_id_is_told_why(typed: str, country: str | None, sentence: str, code: str) -> None:
    with pytest.raises(InvalidInput, match=sentence) as refused:
        vat_id(typed, country)
    assert (refused.value.field, refused.value.code) == ("vatId", code)


def test_the_union_has_twenty_seven_members() -> None:
    assert len(EU) == 27
