"""An invoice from draft to paid: looked at on paper, issued, paid in part, and then in full."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.driving import settled
from tests.browser.steps import arrived, drawer, main, open_row, rows, table, tile, until, untroubled, visit

CUSTOMER: Final = "Demo Customer"
NUMBER: Final = re.compile(r"^[A-Z0-9-]+-\d{4}-\d{5,}$")
SELLER: Final = {
    "address": {"name": "Calos Ltd", "lines": ["1 Quay"], "postcode": "D02", "city": "Dublin", "country": "IE"},
    "prefix": "JOURNEY",
}


def test_from_a_draft_to_paid(sign_in: SignIn) -> None:
    page = sign_in("fiona")
    _draft(page, "1150.25")
    visit(page, "Invoices")
    expect(tile(page, "Overdue")).to_be_visible()
    _open_the_draft(page, "$1,150.25")
    _look_at_the_paper(page)
    _finalize(page)
    _pay(page, "1,000", "$150.25 stays to pay")
    expect(main(page).get_by_text("Paid in part")).to_be_visible()
    expect(tile(page, "Left to pay")).to_contain_text("$150.25")
    _pay(page, "", "Pays it in full.")
    expect(tile(page, "Left to pay")).to_contain_text("$0.00")
    expect(tile(page, "Paid")).to_contain_text("$1,150.25")
    expect(main(page).get_by_role("button", name="Record a payment")).to_have_count(0)
    untroubled(page)
    _take_the_pdf(page)


def _draft(page: Page, price: str) -> None:
    """Write a draft of one line over HTTP, as a script of the vendor's would; set up who sells where nobody does."""
    asked = page.request.get("/api/enterprise/customers", params={"q": CUSTOMER}).json()["customers"]
    whose = next(each["organizationId"] for each in asked if each["name"] == CUSTOMER)
    profile = {"address": {"name": "Demo Customer Inc.", "country": "US", "email": "ap@demo.test"}}
    if not page.request.get("/api/sellers").json()["sellers"]:
        _send(page, "POST", "/api/sellers", SELLER)
    _send(page, "PUT", f"/api/billing-profiles/{whose}", profile)
    line = {"text": "Training", "unitPrice": price}
    _send(page, "POST", "/api/invoices/one-off", {"customerId": whose, "currency": "USD", "lines": [line]})


def _send(page: Page, method: str, path: str, body: dict[str, Any]) -> None:
    where = urlsplit(page.url)
    answer = page.request.fetch(path, method=method, data=body, headers={"Origin": f"{where.scheme}://{where.netloc}"})
    assert answer.ok, answer.text()


def _open_the_draft(page: Page, total: str) -> None:
    page.goto(f"/invoices?state=Draft&customer={CUSTOMER.replace(' ', '+')}")
    arrived(page, "Invoices")
    listed = table(page, "Invoices with")
    until(page, lambda: {row["State"] for row in rows(listed)}, {"Draft"})
    totals = [row["Total"] for row in rows(listed)]
    open_row(listed, totals.index(total))
    arrived(page, "Draft")
    expect(tile(page, "To be asked for")).to_contain_text(total)


def _look_at_the_paper(page: Page) -> None:
    """The preview is a page of paper that has really come."""
    sheet = main(page).locator('[class*="st-key-sheet-"] img')
    expect(sheet).to_have_count(1)
    expect(sheet).to_be_visible()
    expect(sheet).to_have_js_property("complete", True)
    assert sheet.evaluate("img => img.naturalWidth") > 600


def _finalize(page: Page) -> None:
    main(page).get_by_role("button", name="Finalize", exact=True).click()
    with drawer(page) as dialog:
        expect(dialog.get_by_text("can't be changed from then on")).to_be_visible()
        dialog.get_by_role("button", name="Finalize it").click()
    arrived(page, NUMBER)
    expect(tile(page, "Left to pay")).to_contain_text("$1,150.25")


def _pay(page: Page, amount: str, effect: str) -> None:
    """Record a payment, all that is left where no amount is given, once the dialog has said what it will do."""
    main(page).get_by_role("button", name="Record a payment").click()
    with drawer(page) as dialog:
        if amount:
            field = dialog.get_by_role("textbox", name="Amount, USD")
            field.fill(amount)
            field.press("Tab")
        expect(dialog.get_by_text(effect)).to_be_visible()
        settled(page)
        dialog.get_by_role("button", name="Record it").click()


def _take_the_pdf(page: Page) -> None:
    address = main(page).get_by_role("link", name="PDF").first.get_attribute("href")
    assert address is not None
    paper = page.request.get(address)
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.body().startswith(b"%PDF")
