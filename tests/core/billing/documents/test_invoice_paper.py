"""The paper that a customer gets: what stands on it, what it carries, and that data on it are never code."""

import io
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import fromstring

import facturx
import pytest
from PIL import Image
from pypdf import PdfReader

from core.billing.documents.factur_x import factur_x_xml
from core.billing.documents.invoice_paper import carries_data, invoice_pdf, invoice_png, render_many
from core.billing.documents.typesetting import STAND_IN
from core.billing.documents.wording import page_of
from core.billing.invoice_document import InvoiceDocument, Look, Paper
from core.errors import InvalidInput
from core.money import Money
from tests.core.billing.documents import specimens
from tests.running import ROOT

FX = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
PDFA = "{http://www.aiim.org/pdfa/ns/id/}"


def opened(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf), strict=True)


def words(pdf: bytes) -> str:
    """What stands on all pages, with every blank and line break as one blank."""
    return " ".join(" ".join(page.extract_text() for page in opened(pdf).pages).split())


def bought(**given: object) -> InvoiceDocument:
    """Tyrell's invoice with another buyer."""
    made = specimens.reverse_charge()
    return replace(made, buyer=replace(made.buyer, **given))  # type: ignore[arg-type]


def test_an_invoice_says_what_a_bookkeeper_looks_for() -> None:
    said = words(invoice_pdf(specimens.reverse_charge()))
    for words_sought in (
        "Invoice",
        "NL-2026-0042",
        "Nordlicht Software GmbH",
        "VAT ID DE811907980",
        "Tyrell Corporation S.à r.l.",
        "VAT ID LU26375245",
        "PO-88213",
        "Nov 21, 2026",
        "due Dec 21, 2026",
        "12 months",
        "4,400.00",
        "Discount −€4,800.00",
        "VAT reverse charge on €48,000.00",
        specimens.REVERSE,
        "Amount due €48,000.00",
        "DE89 3704 0044 0532 0130 00",
        "COBADEFFXXX",
        "Page 1 of 1",
    ):
        assert words_sought in said


def test_what_is_paid_and_credited_is_taken_off() -> None:
    given = replace(specimens.overage(), credited=Money(181, "USD"), due=Money(50_000, "USD"))
    said = words(invoice_pdf(given))
    assert "Total $701.81 Paid −$200.00 Credited −$1.81 Amount due $500.00" in said
    assert "paid in full" in words(invoice_pdf(specimens.settled()))


def test_a_credit_note_is_worded_as_one_and_names_its_invoice() -> None:
    said = words(invoice_pdf(specimens.credit_note()))
    assert "Credit note" in said
    assert "Corrects invoice NL-2026-0042" in said
    assert "Total credited €8,000.00" in said
    assert "How to pay" not in said


def test_a_draft_says_so_on_every_page_and_carries_no_data() -> None:
    reader = opened(invoice_pdf(specimens.draft()))
    assert len(reader.pages) == 2
    assert all("DRAFT" in page.extract_text() for page in reader.pages)
    assert reader.attachments == {}
    assert "DRAFT" not in words(invoice_pdf(specimens.domestic()))


def test_a_void_invoice_demands_nothing() -> None:
    pdf = invoice_pdf(replace(specimens.reverse_charge(), void=True))
    said = words(pdf)
    assert "VOID" in said
    assert "void; nothing is to be paid" in said
    assert "Amount due €0.00" in said
    assert "How to pay" not in said
    assert opened(pdf).attachments == {}


def test_a_draft_may_be_empty_still() -> None:
    nobody = replace(
        specimens.TYRELL, name="Tyrell", lines=(), postcode="", city="", country="", vat_id=None, email=None
    )
    zero = Money(0, "EUR")
    empty = replace(
        specimens.draft(), lines=(), taxes=(), net=zero, tax=zero, total=zero, due=zero, buyer=nobody, bank=None
    )
    assert "Amount due €0.00" in words(invoice_pdf(empty))


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_300_lines_keep_their_head_their_number_and_every_line(paper: Paper) -> None:
    made = replace(specimens.domestic(300), number="NL-2026-300")
    pages = [" ".join(page.extract_text().split()) for page in opened(invoice_pdf(made, paper=paper)).pages]
    assert len(pages) > 15
    for number, page in enumerate(pages, start=1):
        assert f"Invoice NL-2026-300 · {made.look.footer} Page {number} of {len(pages)}" in page
        assert "NL-2026-300" in page
    assert all("Description Quantity Unit price VAT Amount in EUR" in page for page in pages[:-1])
    whole = " ".join(pages)
    assert all(f"{line['text']} " in whole for line in page_of(made)["lines"])


@pytest.mark.parametrize(("paper", "size"), [("a4", (595, 842)), ("letter", (612, 792))])
def test_paper_has_the_size_it_is_asked_for(paper: Paper, size: tuple[int, int]) -> None:
    box = opened(invoice_pdf(specimens.overage(), paper=paper)).pages[0].mediabox
    assert (round(box.width), round(box.height)) == size


def test_long_words_and_long_texts_break() -> None:
    """Nothing leaves the page: the picture's margins stay white."""
    made = specimens.reverse_charge()
    long = replace(made.lines[0], text="sha256:" + "0123456789abcdef" * 12, detail="a sentence of some length " * 80)
    buyer = replace(made.buyer, name="W" * 120, email=f"{'a' * 60}@{'b' * 60}.example")
    for page in invoice_png(replace(made, lines=(long,), buyer=buyer, reference="P" * 90)):
        picture = Image.open(io.BytesIO(page)).convert("L")
        for left in (0, picture.width - 60):
            assert picture.crop((left, 0, left + 60, picture.height)).getextrema() == (255, 255)


@pytest.mark.parametrize(
    ("currency", "minor", "told"),
    [("EUR", 123_456, "€1,234.56"), ("GBP", 5, "£0.05"), ("JPY", 123_456, "¥123,456"), ("KWD", 1_234, "KWD1.234")],
)
def test_money_is_written_as_the_house_writes_it(currency: str, minor: int, told: str) -> None:
    made = specimens.document([specimens.line("One", minor, currency=currency, category="Z")])
    # What reads the text back drops the no-break blank after a code.
    assert f"Amount due {told}" in words(invoice_pdf(made))


def test_names_in_polish_greek_and_cyrillic_are_drawn() -> None:
    name = "Żółć ąęłńśź · Ωμέγα Ψηφιακή · Бюро Щёлково · Ășț"
    assert name in words(invoice_pdf(bought(name=name)))


def test_a_letter_that_no_font_has_is_stood_in_for_and_stays_in_the_data() -> None:
    made = bought(name="Old \U00010f00 Sogdian")
    pdf = invoice_pdf(made)
    assert f"Old {STAND_IN} Sogdian" in words(pdf)
    assert "Old \U00010f00 Sogdian" in opened(pdf).attachments["factur-x.xml"][0].decode()
    assert len(invoice_png(made)) == 1


KINDS = (
    specimens.reverse_charge,
    specimens.overage,
    specimens.domestic,
    specimens.credit_note,
    specimens.draft,
    specimens.settled,
)


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_the_same_document_is_the_same_bytes(make: Callable[[], InvoiceDocument]) -> None:
    assert invoice_pdf(make()) == invoice_pdf(make())


def test_another_process_sets_the_same_bytes() -> None:
    script = (
        "import hashlib; from tests.core.billing.documents import specimens;"
        "from core.billing.documents.invoice_paper import invoice_pdf;"
        "print(hashlib.sha256(invoice_pdf(specimens.reverse_charge())).hexdigest())"
    )
    told = {
        subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, timeout=120).stdout
        for _ in range(2)
    }
    assert len(told) == 1


def test_the_pdf_is_of_a_kind_to_be_kept_and_carries_the_e_invoice() -> None:
    made = specimens.reverse_charge()
    reader = opened(invoice_pdf(made))
    catalog: Any = reader.trailer["/Root"]
    (file,) = catalog["/AF"]
    assert file.get_object()["/AFRelationship"] == "/Alternative"
    assert file.get_object()["/UF"] == "factur-x.xml"
    assert file.get_object()["/EF"]["/F"]["/Subtype"] == "/text/xml"
    assert reader.attachments["factur-x.xml"] == [factur_x_xml(made)]
    assert facturx.get_xml_from_pdf(invoice_pdf(made), check_xsd=True) == ("factur-x.xml", factur_x_xml(made))
    assert catalog["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert catalog["/MarkInfo"]["/Marked"]
    tree = fromstring(catalog["/Metadata"].get_data())  # noqa: S314 - written a moment ago by ourselves
    assert [tree.findtext(f".//{PDFA}{name}") for name in ("part", "conformance")] == ["3", "B"]
    told = {name: tree.findtext(f".//{FX}{name}") for name in ("DocumentFileName", "DocumentType", "Version")}
    assert told == {"DocumentFileName": "factur-x.xml", "DocumentType": "INVOICE", "Version": "1.0"}
    assert tree.findtext(f".//{FX}ConformanceLevel") == "EN 16931"
    assert b"Factur-X PDFA Extension Schema" in catalog["/Metadata"].get_data()
    assert reader.metadata is not None
    assert reader.metadata.creation_date_raw == "D:20261121000000Z"
    assert all("/FontFile3" in str(font) for page in reader.pages for font in _descriptors(page))


def _descriptors(page: Any) -> list[Any]:
    fonts = page["/Resources"]["/Font"].values()
    return [font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]


def test_data_goes_to_europe_only_and_only_when_asked() -> None:
    assert carries_data(specimens.reverse_charge())
    assert carries_data(replace(specimens.overage(), seller=replace(specimens.AUSTIN, country="IE")))
    assert not carries_data(specimens.overage())
    assert opened(invoice_pdf(specimens.reverse_charge(), embed=False)).attachments == {}


def test_a_picture_shows_the_same_pages() -> None:
    once, twice = invoice_png(specimens.domestic()), invoice_png(specimens.domestic(), dots_per_inch=220)
    assert len(once) == len(twice) == len(opened(invoice_pdf(specimens.domestic())).pages) == 2
    sizes = [Image.open(io.BytesIO(page)).size for page in (once[0], twice[0])]
    assert sizes == [(909, 1286), (1819, 2572)]


CODE = (
    '#import "base.typ": *',
    '#read("/invoice/base.typ")',
    "#panic()",
    "*bold* _slanted_ `raw` $x^2$",
    "= Heading",
    "@label <label>",
    "\\u{41} \\",
    "// gone? /* gone? */",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }} ${7*7}",
    '"); #eval("1+1',
    "=HYPERLINK(1)",
    "a -- b --- c ... 'd' \"e\"",
    "https://example.test/#x",
)


@pytest.mark.parametrize("attack", CODE)
def test_data_are_never_code(attack: str) -> None:
    made = bought(name=attack, lines=(attack,), vat_id=None, registration=attack)
    lines = tuple(replace(line, text=attack, detail=attack, unit=attack) for line in made.lines)
    bank = replace(specimens.EURO_BANK, bank=attack)
    said = words(
        invoice_pdf(
            replace(
                made, lines=lines, note=attack, reference=attack, number=attack, bank=bank, look=Look(footer=attack)
            ),
            embed=False,
        )
    )
    assert said.count(attack) >= 9


def test_direction_overrides_and_controls_are_taken_out() -> None:
    said = words(invoice_pdf(bought(name="Acme \u202egnp.exe\u202c \x1b[31m\u2066Ltd\u2069\ud800")))
    assert "Acme gnp.exe [31mLtd" in said


def test_a_logo_reaches_no_file_and_a_broken_one_is_refused() -> None:
    made = specimens.reverse_charge()
    reaching = (
        b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">'
        b'<image width="9" height="9" xlink:href="%s"/></svg>'
    )
    for path in (
        ROOT / "assets" / "static" / "favicon.png",
        "../../README.md",
        "favicon.png",
        "http://[::1]/a.png",
    ):
        with pytest.raises(InvalidInput, match="Choose another"):
            invoice_pdf(replace(made, look=Look(logo=reaching % str(path).encode())))
    with pytest.raises(InvalidInput, match="Choose another"):
        invoice_pdf(replace(made, look=Look(logo=b"\x89PNG\r\n\x1a\nno picture")))


def test_a_color_that_is_none_is_the_houses() -> None:
    made = replace(specimens.overage(), look=Look(color='red"); #panic()'))
    assert invoice_pdf(made) == invoice_pdf(specimens.overage())


def test_a_pale_color_leaves_the_title_dark() -> None:
    colors = [
        page_of(replace(specimens.overage(), look=Look(color=color)))["color"] for color in ("#fde047", "#0f766e")
    ]
    assert colors == ["#16181d", "#0f766e"]


def test_a_code_to_scan_stands_on_what_is_paid_by_sepa() -> None:
    assert page_of(specimens.reverse_charge())["bank"]["code"].startswith("<svg")
    assert page_of(specimens.overage())["bank"]["code"] is None
    assert page_of(specimens.draft())["bank"]["code"] is None
    foreign = replace(specimens.EURO_BANK, iban="DE89" * 20)
    assert page_of(replace(specimens.reverse_charge(), bank=foreign))["bank"]["code"] is None
    assert page_of(specimens.credit_note())["bank"] is None


def test_many_come_in_their_order_from_one_process_or_from_two() -> None:
    made = [replace(specimens.overage(), number=f"INV-{at}", due_on=date(2026, 12, 1 + at)) for at in range(20)]
    alone = list(render_many(made))
    assert alone == [invoice_pdf(each) for each in made]
    assert list(render_many(made, workers=2)) == alone


def test_threads_set_pages_beside_each_other() -> None:
    made = [replace(specimens.overage(), number=f"INV-{at}") for at in range(24)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(invoice_pdf, made)) == list(render_many(made))


def test_a_rate_and_a_quantity_are_written_out() -> None:
    """As they come from the database, normalized: 20 is 2E+1."""
    line = replace(specimens.domestic().lines[0], tax_rate=Decimal("2E+1"), quantity=Decimal("1.2E+3"))
    (told,) = page_of(replace(specimens.domestic(), lines=(line,)))["lines"]
    assert (told["tax"], told["quantity"]) == ("20%", "1,200")


def test_a_price_shows_the_digits_that_it_has() -> None:
    prices = {"0.000012": "0.000012", "19.99": "19.99", "40.694285714": "40.6943", "5": "5.00", "-11.234": "−11.234"}
    line = specimens.overage().lines[0]
    lines = tuple(replace(line, unit_price=Decimal(price)) for price in prices)
    assert [each["price"] for each in page_of(replace(specimens.overage(), lines=lines))["lines"]] == list(
        prices.values()
    )
