"""The main job as people do it, in a browser against the whole product; the test plays the installation over HTTP."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import APIRequestContext, Browser, Page, Playwright, expect

from tests.browser.conftest import SignIn
from tests.browser.driving import settled
from tests.running import Running

DEMO_INSTALL = "demo-install-abc123456789abcdef"


@pytest.fixture
def installation(playwright: Playwright, calos: Running) -> Iterator[APIRequestContext]:
    """Yield what speaks HTTP to the product without any cookie, as an installation does."""
    made = playwright.request.new_context(base_url=calos.url)
    yield made
    made.dispose()


def _verify(installation: APIRequestContext, install_id: str, secret: str) -> Any:
    answer = installation.post(
        "/api/licenses/verify",
        data={"installId": install_id, "fingerprint": "browser-test-machine", "version": "4.3"},
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.status == 200, answer.text()
    return answer.json()


def _events(now: datetime) -> list[dict[str, Any]]:
    """Return what three people did with POS on the last three days."""
    return [
        {
            "id": f"{day}-{person}-{number}",
            "ts": (now - timedelta(days=day, minutes=7 * number)).isoformat(),
            "type": "feature_used",
            "feature": "pos",
            "user": f"person-{person}",
            "version": "4.3",
            "status": 200,
            "ms": 40,
        }
        for day in range(3)
        for person in range(3)
        for number in range(5)
    ]


def _issue(page: Page, email: str) -> tuple[str, str]:
    """Issue a license in the dialog, and return the install id and secret that it hands over."""
    page.get_by_role("button", name="New license").click()
    dialog = page.get_by_role("dialog")
    customer = dialog.get_by_role("combobox", name="Customer")
    customer.fill(email)
    customer.press("Enter")
    dialog.get_by_role("button", name="Issue license").click()
    expect(dialog.get_by_text("Install secret")).to_be_visible(timeout=30_000)
    codes = dialog.get_by_test_id("stCode")
    install_id, secret = codes.nth(0).inner_text().strip(), codes.nth(1).inner_text().strip()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    settled(page)
    return install_id, secret


def _revoke(page: Page, install_id: str, reason: str) -> None:
    page.goto(f"/customer?install_id={install_id}")
    settled(page)
    page.get_by_test_id("stMenuButtonButton").click()
    page.get_by_text("Revoke…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(install_id)).to_be_visible()
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_label("Reason").press("Tab")
    dialog.get_by_role("button", name="Revoke license").click()
    expect(dialog).to_be_hidden(timeout=30_000)
    settled(page)


def test_from_the_license_to_its_culture_and_its_end(sign_in: SignIn, installation: APIRequestContext) -> None:
    page = sign_in("fiona")
    install_id, secret = _issue(page, "ops@bluewater.example")
    assert re.fullmatch(r"inst-[a-z0-9]+", install_id)

    page.evaluate("window.calosNotReloaded = true")
    assert _verify(installation, install_id, secret)["valid"] is True
    news = page.locator(f'a[href*="{install_id}"]').filter(has_text=re.compile("Bluewater.*first"))
    expect(news).to_be_visible(timeout=20_000)
    assert page.evaluate("window.calosNotReloaded") is True

    receipt = installation.post(
        "/api/telemetry/events",
        data={"installId": install_id, "events": _events(datetime.now(UTC))},
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert (receipt.status, receipt.json()["accepted"]) == (200, 45)
    page.goto(f"/culture?install_id={install_id}")
    settled(page)
    expect(page.get_by_role("heading", name="Bluewater")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("POS"))).to_be_visible()

    _revoke(page, install_id, "They asked us to end it.")
    refused = _verify(installation, install_id, secret)
    assert (refused["valid"], refused["code"]) == (False, "REVOKED")


def test_a_stranger_is_sent_to_sign_in_and_back_to_where_they_wanted(browser: Browser, calos: Running) -> None:
    context = browser.new_context(base_url=calos.url)
    page = context.new_page()
    page.goto(f"/culture?install_id={DEMO_INSTALL}")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    assert context.request.get("/api/enterprise/customers").status == 401
    context.close()


def test_old_addresses_lead_to_todays_pages(sign_in: SignIn) -> None:
    page = sign_in("mia")
    page.goto("/enterprise-dashboard.html")
    settled(page)
    expect(page).to_have_url(re.compile(r"/customers$"))
    page.goto(f"/culture-profile.html?install_id={DEMO_INSTALL}")
    settled(page)
    expect(page).to_have_url(re.compile(rf"/culture\?install_id={DEMO_INSTALL}$"))
    expect(page.get_by_role("heading", name="Demo Customer")).to_be_visible()


def test_signing_out_in_one_tab_ends_the_other(sign_in: SignIn) -> None:
    first = sign_in("mia")
    second = first.context.new_page()
    second.goto("/customers")
    settled(second)
    first.goto("/logout")
    first.get_by_role("button", name="Sign out").click()
    expect(first).to_have_url(re.compile("/login"))
    second.get_by_role("link", name="Upsells").click()
    expect(second.get_by_text("Your session has ended").or_(second.get_by_label("Password", exact=True))).to_be_visible(
        timeout=20_000
    )
    assert second.request.get("/api/enterprise/customers").status == 401


def test_what_is_searched_on_one_screen_does_not_follow_to_the_next(sign_in: SignIn) -> None:
    page = sign_in("fiona")
    page.goto("/customers?q=Hooli")
    # Before the first run begins Streamlit counts as done, too: only what is drawn tells that it ran.
    expect(page.get_by_role("heading", name="Customers", level=1)).to_be_visible()
    settled(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Usage", exact=True).click()
    expect(page.get_by_role("heading", name="Usage", level=1)).to_be_visible()
    settled(page)
    expect(page).to_have_url(re.compile(r"/usage$"))
