"""Sam's upsell hour: he works his list, sees who nears a limit, and meets the ends of what a manager may do."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SignIn
from tests.browser.driving import settled
from tests.browser.steps import (
    arrived,
    card,
    cell,
    drawer,
    main,
    open_row,
    rows,
    table,
    tile,
    until,
    untroubled,
    visit,
)

NOTE = "Wants the offer in writing by Friday."
REASON = "Signed after a call about their limit."


def test_from_his_list_to_an_upsell_won(sign_in: SignIn) -> None:
    page = sign_in("sam")
    visit(page, "Upsells")
    _read_his_own(page)
    won_before, open_before = _outcomes(page)
    taken, about = _take_the_best_of_nobodys(page)
    asleep = _snooze_the_next(page)
    _note(page, taken)
    _close_as_won(page, taken)
    until(page, lambda: _outcomes(page), (won_before + 1, open_before - 1))
    _find_what_sleeps(page, asleep)
    _read_what_he_did(page, taken, about)
    _see_who_nears_a_limit(page)
    _meet_the_ends_of_his_role(page)


def _list(page: Page) -> Locator:
    return table(page, "Upsells with")


def _whose(page: Page, words: str) -> None:
    page.get_by_role("radiogroup", name="Whose").get_by_role("radio", name=words).click()
    expect(page.get_by_role("radiogroup", name="Whose").get_by_role("radio", name=words)).to_be_checked()
    settled(page)


def _read_his_own(page: Page) -> None:
    """What he has begins the page, the most valuable first; the first opens with its evidence."""
    expect(page.get_by_role("radio", name="Mine")).to_be_checked()
    his = rows(_list(page))
    assert {row["Who"] for row in his} == {"Sam"}
    expected = [float(row["Expected"] or 0) for row in his]
    assert expected[0] > 0
    assert expected == sorted(expected, reverse=True)
    open_row(_list(page), ticked=True)
    with drawer(page) as opened:
        expect(opened.get_by_role("heading", name=his[0]["Customer"])).to_be_visible()
        expect(opened.get_by_text(re.compile(r"^\$[\d,]+$"))).to_be_visible()
        expect(opened.get_by_text(re.compile("chance to win"))).to_be_visible()
        assert all(row["Observed"] for row in rows(table(page, "The facts behind this opportunity")))
        page.keyboard.press("Escape")


def _outcomes(page: Page) -> tuple[int, int]:
    """How many the rules have won, and how many are open."""
    found = rows(table(page, "Each rule with"))
    return sum(int(row["Won"]) for row in found), sum(int(row["Open"]) for row in found)


def _take_the_best_of_nobodys(page: Page) -> tuple[dict[str, str], str]:
    """Return the row that he takes, and where its customer is."""
    _whose(page, "Nobody's")
    expect(cell(_list(page), "Sam")).to_have_count(0)
    best = rows(_list(page))[0]
    assert not best["Who"]
    open_row(_list(page), ticked=True)
    with drawer(page) as opened:
        about = opened.get_by_role("link", name="Customer", exact=True).get_attribute("href")
        opened.get_by_role("button", name="I take it").click()
    expect(_row(page, best)).to_have_count(0)
    assert about
    return best, about


def _row(page: Page, row: dict[str, str]) -> Locator:
    """The row of the list that says the same of the same customer."""
    return _list(page).locator("canvas tr").filter(has_text=row["Customer"]).filter(has_text=row["Why"])


def _snooze_the_next(page: Page) -> dict[str, str]:
    found = rows(_list(page))[0]
    open_row(_list(page), ticked=True)
    with drawer(page) as opened:
        opened.get_by_role("radio", name="A week").click()
        opened.get_by_role("button", name="Snooze", exact=True).click()
    expect(_row(page, found)).to_have_count(0)
    return found


def _open_his(page: Page, wanted: dict[str, str]) -> None:
    """Open what he has taken, where it stands in his own list now."""
    _whose(page, "Mine")
    expect(_row(page, wanted)).to_have_count(1)
    open_row(_list(page), [row["Why"] for row in rows(_list(page))].index(wanted["Why"]), ticked=True)


def _note(page: Page, taken: dict[str, str]) -> None:
    _open_his(page, taken)
    with drawer(page) as opened:
        opened.get_by_role("textbox", name="Note").fill(NOTE)
        opened.get_by_role("textbox", name="Note").press("Tab")
        opened.get_by_role("button", name="Keep the note").click()


def _close_as_won(page: Page, taken: dict[str, str]) -> None:
    _open_his(page, taken)
    with drawer(page) as opened:
        expect(opened.get_by_role("textbox", name="Note")).to_have_value(NOTE)
        opened.get_by_text("Close it: won, lost or no opportunity").click()
        opened.get_by_role("radio", name="Won").click()
        opened.get_by_role("textbox", name="Reason").fill(REASON)
        opened.get_by_role("textbox", name="Reason").press("Tab")
        opened.get_by_role("button", name="Close as won").click()
    expect(_row(page, taken)).to_have_count(0)


def _find_what_sleeps(page: Page, asleep: dict[str, str]) -> None:
    _whose(page, "Nobody's")
    page.get_by_role("radio", name="Snoozed too").click()
    expect(_row(page, asleep)).to_have_count(1)


def _read_what_he_did(page: Page, taken: dict[str, str], about: str) -> None:
    page.goto(f"/{about}")
    arrived(page, taken["Customer"])
    told = card(page, "Timeline")
    told.get_by_role("button", name="Upsells").click()
    for words in (
        f"sam@calos.test · “{REASON}”",
        "Opportunity won",
        "Note on an opportunity",
        "Opportunity given to sam",
    ):
        expect(told).to_contain_text(words)


def _see_who_nears_a_limit(page: Page) -> None:
    visit(page, "Usage")
    page.get_by_role("searchbox", name="Search customers").fill("Gekko")
    share = table(page, "Customers with the share")
    expect(cell(share, "Gekko Capital")).to_be_attached()
    expect(share.locator("canvas tr")).to_have_count(2)
    assert "Jumping" in rows(share)[0]["State"]
    open_row(share)
    arrived(page, "Gekko Capital")
    warned = main(page).get_by_role("alert").filter(has_text="API calls a day: up ")
    expect(warned).to_contain_text(re.compile(r"up \d+% in 28 days, \d+% of the limit, will reach it in \d+ days"))
    expect(page.get_by_role("button", name="Agree on a limit")).to_have_count(0)


def _meet_the_ends_of_his_role(page: Page) -> None:
    """He sees money, and records none; he sees limits, and changes none."""
    visit(page, "Revenue")
    expect(tile(page, "MRR")).to_contain_text(re.compile(r"\$[\d,]+"))
    visit(page, "Cash")
    expect(tile(page, "Runway")).to_contain_text("months")
    expect(page.get_by_role("button", name="Record an entry")).to_have_count(0)
    visit(page, "Limits")
    untroubled(page)
    for name in ("Agree on a limit", "End this limit…"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
