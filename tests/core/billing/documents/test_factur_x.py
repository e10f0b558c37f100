"""The e-invoice against others' schemas, the standard's own rules, and the document it was made of."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from importlib.resources import as_file, files
from itertools import product
from xml.etree.ElementTree import Element, fromstring

import facturx
import pytest
import saxonche
from hypothesis import given, settings
from hypothesis import strategies as st

from core.billing.documents.factur_x import factur_x_xml
from core.billing.documents.factur_x_gaps import factur_x_gap
from core.billing.invoice_document import DocumentLine, InvoiceDocument, TaxCategory
from core.errors import InvalidInput
from core.money import Money, total
from tests.core.billing.documents import specimens

RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
ISSUED = (specimens.reverse_charge, specimens.overage, specimens.domestic, specimens.credit_note, specimens.settled)
UNTAXED: tuple[TaxCategory, ...] = ("AE", "G", "O", "Z", "E")
# Not a rule of EN 16931: where a period is named, the delivery that the schema wants is an empty element.
BY_DESIGN = {"PEPPOL-EN16931-R008"}

Rules = Callable[[bytes], set[str]]


def untaxed(category: TaxCategory) -> InvoiceDocument:
    return specimens.document([specimens.line("Pro, monthly", 49_900, category=category)])


@pytest.fixture(scope="module")
def broken_rules() -> Iterator[Rules]:
    """What gives the ids of the rules of EN 16931 that an e-invoice breaks."""
    folder = files("facturx") / "xsd_and_schematron" / "facturx-en16931"
    with as_file(folder / "FACTUR-X_EN16931.xslt") as sheet, saxonche.PySaxonProcessor(license=False) as processor:
        stylesheet = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(sheet))

        def broken(xml: bytes) -> set[str]:
            report = stylesheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
            assert "fired-rule" in report
            return set(re.findall(r'<svrl:failed-assert[^>]*?\sid="([^"]+)"', report))

        yield broken


def parsed(xml: bytes) -> Element:
    return fromstring(xml)  # noqa: S314 - written a moment ago by ourselves


def amount(tree: Element, *path: str) -> Decimal:
    found = tree.find(".//" + "/".join(RAM + step for step in path))
    assert found is not None
    return Decimal(found.text or "")


@pytest.mark.parametrize("make", ISSUED, ids=lambda make: make.__name__)
def test_an_e_invoice_is_valid_by_schema_and_by_the_rules(
    make: Callable[[], InvoiceDocument], broken_rules: Rules
) -> None:
    xml = factur_x_xml(make())
    assert facturx.xml_check_xsd(xml, flavor="factur-x", level="en16931")
    assert broken_rules(xml) <= BY_DESIGN
    assert factur_x_xml(make()) == xml


@pytest.mark.parametrize("category", UNTAXED)
def test_what_bears_no_tax_says_why(category: TaxCategory, broken_rules: Rules) -> None:
    xml = factur_x_xml(untaxed(category))
    assert facturx.xml_check_xsd(xml, flavor="factur-x", level="en16931")
    assert broken_rules(xml) <= BY_DESIGN
    reason = parsed(xml).find(f".//{RAM}ExemptionReason")
    assert (reason is None) == (category == "Z")  # zero is a rate, no exemption (BR-Z-10)


def test_the_rules_can_fail(broken_rules: Rules) -> None:
    wrong = factur_x_xml(specimens.reverse_charge()).replace(
        b"<ram:GrandTotalAmount>48000", b"<ram:GrandTotalAmount>48001"
    )
    assert "BR-CO-15" in broken_rules(wrong)


def test_the_reason_is_the_documents_own() -> None:
    tree = parsed(factur_x_xml(specimens.reverse_charge()))
    assert tree.findtext(f".//{RAM}ExemptionReason") == specimens.REVERSE
    assert tree.findtext(f".//{RAM}ExemptionReasonCode") == "VATEX-EU-AE"


def test_a_credit_note_names_what_it_corrects() -> None:
    tree = parsed(factur_x_xml(specimens.credit_note()))
    assert tree.findtext(f".//{RAM}TypeCode") == "381"
    assert tree.findtext(f".//{RAM}InvoiceReferencedDocument/{RAM}IssuerAssignedID") == "NL-2026-0042"


def test_what_takes_back_has_a_negative_quantity_at_a_price_that_is_none() -> None:
    """BR-27: a price is never negative."""
    back = specimens.overage().lines[-1]
    tree = parsed(factur_x_xml(specimens.document([replace(back, net=Money(-1_123, "USD"))])))
    assert (amount(tree, "ChargeAmount"), amount(tree, "BilledQuantity")) == (Decimal("11.23"), Decimal(-1))


def _fine() -> InvoiceDocument:
    return specimens.document([specimens.line("Kuwait", 1_000, currency="KWD", category="Z")])


def _mixed() -> InvoiceDocument:
    lines = [specimens.line("a", 100, category="O"), specimens.line("b", 100, category="S", rate="19")]
    return specimens.document(lines)


REFUSED: dict[str, Callable[[], InvoiceDocument]] = {
    "Finalize it first": specimens.draft,
    "has more. Send the PDF alone": _fine,
    "Invoice them apart": _mixed,
    "needs the customer's VAT id": lambda: replace(specimens.reverse_charge(), buyer=specimens.WAYNE),
    "needs? the seller's VAT id": lambda: replace(specimens.domestic(), seller=replace(specimens.BERLIN, vat_id=None)),
    "neither a VAT id nor": lambda: replace(specimens.overage(), seller=specimens.WAYNE),
    "A void invoice": lambda: replace(specimens.domestic(), void=True),
    "needs a line": lambda: replace(specimens.domestic(), lines=()),
    "The customer's country": lambda: replace(specimens.domestic(), buyer=replace(specimens.MUNICH, country="")),
    "do not add up": lambda: replace(specimens.domestic(), total=Money(1, "EUR")),
    "name different rates": lambda: replace(specimens.domestic(), lines=specimens.reverse_charge().lines),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_the_standard_has_no_place_for_is_refused_with_the_reason(sentence: str) -> None:
    made = REFUSED[sentence]()
    if sentence.startswith("name"):
        made = replace(made, lines=tuple(replace(x, tax_rate=x.tax_rate + 1) for x in specimens.domestic().lines))
    with pytest.raises(InvalidInput, match=sentence):
        factur_x_xml(made)


NAMES = st.text(min_size=1, max_size=40).map(lambda text: "N" + text)
RATES: st.SearchStrategy[tuple[TaxCategory, str]] = st.sampled_from(
    [("S", "19"), ("S", "7"), ("S", "8.875"), ("Z", "0"), ("E", "0"), ("AE", "0"), ("G", "0")]
)


@st.composite
def lines(draw: st.DrawFn, currency: str) -> DocumentLine:
    category, rate = draw(RATES)
    return specimens.line(
        draw(NAMES),
        draw(st.integers(-(10**9), 10**11)),
        quantity=str(draw(st.sampled_from(["1", "12", "0.5", "466112", "3"]))),
        currency=currency,
        rate=rate,
        category=category,
        discount=draw(st.sampled_from([0, 0, 1, 4_999])),
        detail=draw(st.none() | st.text(max_size=60)),
    )


@st.composite
def documents(draw: st.DrawFn) -> InvoiceDocument:
    currency = draw(st.sampled_from(["EUR", "USD", "JPY", "PLN"]))
    made = specimens.document(
        draw(st.lists(lines(currency), min_size=1, max_size=8)),
        paid=Money(draw(st.integers(0, 10**8)), currency),
        credited=Money(draw(st.integers(0, 10**8)), currency),
    )
    buyer = replace(made.buyer, name=draw(NAMES), city=draw(NAMES), lines=tuple(draw(st.lists(NAMES, max_size=5))))
    return replace(
        made, buyer=buyer, note=draw(st.none() | st.text(max_size=80)), number="N-" + str(draw(st.integers(1)))
    )


@settings(max_examples=60, deadline=None)
@given(made=documents())
def test_the_e_invoices_sums_are_the_documents_to_the_cent(broken_rules: Rules, made: InvoiceDocument) -> None:
    assert factur_x_gap(made) is None
    xml = factur_x_xml(made)
    assert facturx.xml_check_xsd(xml, flavor="factur-x", level="en16931")
    assert broken_rules(xml) <= BY_DESIGN
    tree = parsed(xml)
    sums = "SpecifiedTradeSettlementHeaderMonetarySummation"
    told = {
        "TaxBasisTotalAmount": made.net,
        "LineTotalAmount": made.net,
        "TaxTotalAmount": made.tax,
        "GrandTotalAmount": made.total,
        "TotalPrepaidAmount": made.paid + made.credited,
        "DuePayableAmount": made.due,
    }
    assert {name: amount(tree, sums, name) for name in told} == {name: money.major() for name, money in told.items()}
    each = [
        Decimal(found.text or "")
        for found in tree.iterfind(f".//{RAM}SpecifiedLineTradeSettlement//{RAM}LineTotalAmount")
    ]
    assert each == [line.net.major() for line in made.lines]
    taxes = [Decimal(found.text or "") for found in tree.iterfind(f".//{RAM}CalculatedAmount")]
    assert sum(taxes) == total((tax.tax for tax in made.taxes), made.tax.currency).major()


@pytest.mark.parametrize(
    ("sign", "where"), list(product(["\x00", "\x07", "\ud800", "\ufffe", "\u202e", "\u2066"], ["note", "reference"]))
)
def test_what_xml_cannot_carry_or_what_turns_letters_round_is_taken_out(sign: str, where: str) -> None:
    said = f"net{sign} 30"
    made = specimens.reverse_charge()
    made = replace(made, note=said) if where == "note" else replace(made, reference=said)
    xml = factur_x_xml(made).decode()
    assert ">net 30<" in xml
    assert sign not in xml


def test_markup_is_text() -> None:
    name = "<b>&amp; ]]> <!-- Ltd"
    tree = parsed(factur_x_xml(replace(specimens.reverse_charge(), buyer=replace(specimens.TYRELL, name=name))))
    assert tree.findtext(f".//{RAM}BuyerTradeParty/{RAM}Name") == name
