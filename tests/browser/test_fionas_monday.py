"""Fiona's Monday: the founder reads how the business stands, follows a figure to its customer, and asks why."""

import re
from decimal import Decimal
from typing import Final

from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.driving import settled
from tests.browser.steps import arrived, card, main, open_row, rows, table, tile, visit

QUESTION: Final = "What's driving our cost increase?"
KINDS: Final = ("New", "Expansion", "Reactivation", "Contraction", "Churn")
PHONE: Final = {
    "Overview": "/overview",
    "Revenue": "/revenue",
    "Invoices": "/invoices",
    "Usage": "/usage",
    "Ask": "/ask",
    "Security score": "/security",
}
_AMOUNT: Final = r"([+−]?)\$([\d,]+\.\d\d)"


def test_from_how_we_stand_to_why(sign_in: SignIn) -> None:
    page = sign_in("fiona")
    licensed = _stats(page)
    runway = _read_the_overview(page)
    _follow_mrr_to_a_customer(page)
    _open_whom_to_call(page)
    _see_how_long_cash_lasts(page, runway)
    _see_what_holds_security(page)
    _ask_why_costs_rose(page)
    assert _stats(page) == licensed


def test_nothing_is_cut_on_a_phone(sign_in: SignIn) -> None:
    page = sign_in("fiona", width=390, height=844)
    cut = {}
    for title, path in PHONE.items():
        page.goto(path)
        arrived(page, title)
        wide, room = main(page).evaluate("block => [block.scrollWidth, block.clientWidth]")
        assert room <= 390
        if wide > room:
            cut[title] = wide
    assert not cut, f"wider than 390: {cut}"


def _stats(page: Page) -> tuple[int, int]:
    """How many customers there are, and licenses in force."""
    answer = page.request.get("/api/enterprise/stats").json()
    return answer["totalCustomers"], answer["activeLicenses"]


def _read_the_overview(page: Page) -> str:
    """The four tiles and three sentences; returns the runway."""
    arrived(page, "Overview")
    expect(main(page).get_by_test_id("stMetric")).to_have_count(4)
    expect(tile(page, "MRR")).to_contain_text(re.compile(r"\$[\d,]+.*net new this month", re.DOTALL))
    expect(tile(page, "Active customers")).to_contain_text(re.compile(r"\d+.*of \d+ customers", re.DOTALL))
    expect(tile(page, "At-risk MRR")).to_contain_text(re.compile(r"\$[\d,]+.*below health 50", re.DOTALL))
    expect(tile(page, "Runway")).to_contain_text(re.compile(r"[\d.]+\smonths"))
    changed = card(page, "What changed since last week").get_by_text(re.compile(r"\.$"))
    expect(changed).to_have_count(3)
    expect(changed.first).to_have_text(re.compile(r"^MRR (rose|fell|stayed|is) "))
    return _months(tile(page, "Runway").inner_text())[0]


def _months(words: str) -> list[str]:
    return re.findall(r"\d+\.\d", words)


def _follow_mrr_to_a_customer(page: Page) -> None:
    """From the tile to last month's movements of a kind, whose rows make the figure, to the first one's customer."""
    page.get_by_role("button", name="About MRR").click()
    page.get_by_role("link", name="MRR and its movements").click()
    arrived(page, "Revenue")
    month = _choose_last_month(page)
    figures = _bridge(card(page, f"{month}, to the cent").inner_text())
    assert figures["opening"] + sum(figures[kind] for kind in (*KINDS, "exchange")) == figures["closing"]

    kind = next(kind for kind in KINDS if figures[kind])
    page.get_by_role("link", name=kind, exact=True).click()
    arrived(page, "Movements")
    said = main(page).get_by_text(re.compile(rf"^MRR of {kind.lower()} from {month[:3]} 1, "))
    expect(said).to_contain_text(re.compile(_AMOUNT))
    assert _money(said.inner_text()) == figures[kind]
    moved = rows(table(page, "Movements of MRR"))
    assert {row["Movement"] for row in moved} == {kind}
    assert sum(Decimal(row["MRR, $"]) for row in moved) == figures[kind]

    open_row(table(page, "Movements of MRR"))
    arrived(page, moved[0]["Customer"])
    expect(main(page).get_by_role("heading", name="Timeline")).to_be_visible()


def _choose_last_month(page: Page) -> str:
    """Pick the month before the running one; returns its name: October 2026."""
    page.get_by_role("combobox", name="Month").click()
    page.get_by_role("option").nth(1).click()
    heading = page.get_by_role("heading", name=re.compile(r"^\w+ \d{4}, to the cent$"))
    expect(main(page).get_by_text(re.compile("^MRR now$"))).to_have_count(0)
    settled(page)
    return heading.inner_text().removesuffix(", to the cent")


def _bridge(words: str) -> dict[str, Decimal]:
    """What the month's rows say: opening, each kind of movement, exchange and closing."""
    opening, closing = (_money(found) for found in re.findall(rf"MRR on .*\s+{_AMOUNT}".replace("(", "(?:"), words))
    named = {kind: _money(words.partition(f"\n{kind}\n")[2]) for kind in KINDS}
    exchange = _money(words.partition("Exchange, by changed rates")[2])
    return {"opening": opening, **named, "exchange": exchange, "closing": closing}


def _money(words: str) -> Decimal:
    """The first amount in some words."""
    found = re.search(_AMOUNT, words)
    assert found, words
    size = Decimal(found[2].replace(",", ""))
    return -size if found[1] == "−" else size


def _open_whom_to_call(page: Page) -> None:
    visit(page, "Overview")
    first = card(page, "Call today").get_by_role("link").first
    name = first.inner_text()
    first.click()
    arrived(page, name)
    expect(tile(page, "Health")).to_be_visible()


def _see_how_long_cash_lasts(page: Page, runway: str) -> None:
    visit(page, "Cash")
    expect(tile(page, "Runway")).to_contain_text(re.compile(r"[\d.]+ to [\d.]+ by the year's quarters"))
    expected, worst, best = _months(tile(page, "Runway").inner_text())
    assert expected == runway
    assert Decimal(worst) <= Decimal(expected) <= Decimal(best)
    for words in ("At worst", "Expected", "At best"):
        expect(card(page, "When cash ends").get_by_text(words, exact=True)).to_be_visible()


def _see_what_holds_security(page: Page) -> None:
    visit(page, "Security score")
    expect(main(page).get_by_role("alert")).to_contain_text("At most 69: People reach Calos over plain http.")
    expect(page.get_by_role("figure", name=re.compile(r"^Security score: 69 of 100\."))).to_be_visible()
    expect(card(page, "Points to gain next").get_by_text("lifts the cap")).to_be_visible()


def _ask_why_costs_rose(page: Page) -> None:
    visit(page, "Ask")
    page.get_by_label("Question", exact=True).fill(QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()
    answer = main(page).get_by_role("heading", level=3).filter(has_text="Costs rose")
    expect(answer).to_have_text(re.compile(r"^Costs rose by \$.* Globex "))
    settled(page)
    page.get_by_label("Go on", exact=True).fill("and by product?")
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(main(page).get_by_text(QUESTION, exact=True)).to_be_visible()
    expect(answer).to_have_text(re.compile(r"^Costs rose by \$.* Analytics by product "))
    expect(page.get_by_role("figure", name=re.compile("^Costs by product"))).to_be_visible()
