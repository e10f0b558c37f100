"""Otto's door: a customer's admin gets his portal at every address of the console, and no byte about anybody else."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from playwright.sync_api import APIRequestContext, APIResponse, Page, Playwright, WebSocket, expect

from api.closed_list import is_public
from pages.parts.registry import SCREENS
from tests.browser.conftest import SignIn
from tests.browser.steps import customer_names, main
from tests.cast import PASSWORD
from tests.running import Running

HIS: Final = "Globex"
# What a customer's own people may ask for: of themselves. Every other route is the vendor's.
OWN: Final = {
    "/auth/me",
    "/billing-profiles/{customerId}",
    "/credit-notes/{creditNoteId}/pdf",
    "/invoices",
    "/invoices/ageing",
    "/invoices/{invoiceId}",
    "/invoices/{invoiceId}/link",
    "/invoices/{invoiceId}/pdf",
    "/licenses",
    "/licenses/{installId}",
    "/licenses/{installId}/decisions",
    "/licenses/{installId}/files",
    "/licenses/{installId}/files/{fileId}",
    "/licenses/{installId}/seats",
    "/payments",
    "/releases",
    "/telemetry/{installId}/bundles",
    "/telemetry/{installId}/events",
    "/telemetry/{installId}/manifest",
    "/usage",
    "/usage/history",
    "/usage/limits",
    "/activity",
    "/subscriptions",
    "/security/audit-logs",
    "/security/audit-logs/verify",
}
# Of another customer, whatever the route asks for.
GIVEN: Final = {
    "installId": "demo-install-abc123456789abcdef",
    "meter": "api_calls_day",
    "importId": "00000000-0000-7000-8000-000000000000",
    "receiptId": "00000000-0000-7000-8000-000000000000",
    "fileId": "00000000-0000-7000-8000-000000000000",
    "destinationId": "00000000-0000-7000-8000-000000000000",
    "invoiceId": "00000000-0000-7000-8000-000000000000",
    "creditNoteId": "00000000-0000-7000-8000-000000000000",
    "customerId": "00000000-0000-7000-8000-000000000000",
    "runId": "00000000-0000-7000-8000-000000000000",
    "report": "customers",
    "format": "csv",
    "tier": "pro",
    "currency": "USD",
    "units": "12",
}


@pytest.fixture(scope="module")
def others(playwright: Playwright, calos: Running) -> set[str]:
    """Return the names of all other customers."""
    with _speaking(playwright, calos, "fiona") as fiona:
        names = customer_names(fiona) - {HIS}
    assert len(names) > 50
    return names


def test_every_address_of_the_console_is_his_portal(sign_in: SignIn, others: set[str]) -> None:
    page = sign_in("otto")
    heard = _listen(page)
    for path in ("", *(screen.path for screen in SCREENS)):
        page.goto(f"/{path}")
        expect(page.get_by_role("heading", name="Your portal")).to_be_visible()
        expect(main(page).get_by_text("You are signed in as otto@calos.test")).to_be_visible()
        expect(main(page).get_by_role("heading", name="Your invoices")).to_be_visible()
        expect(main(page).get_by_role("link", name="Sign out")).to_be_visible()
        expect(page.get_by_role("navigation")).to_have_count(0)
        assert _named(page.content(), others) == set()
    assert len(heard) > len(SCREENS)
    assert _named(b"".join(heard).decode(errors="replace"), others) == set()


def test_the_vendors_routes_refuse_him_and_his_own_tell_of_nobody_else(
    playwright: Playwright, calos: Running, others: set[str]
) -> None:
    refused = []
    with _speaking(playwright, calos, "otto") as otto:
        for route, answer in _asked(otto):
            assert _named(answer.text(), others) == set(), route
            if route not in OWN:
                refused.append(route)
                assert (answer.status, answer.json()["code"]) == (403, "vendor_only"), route
            elif "{" in route or route.startswith("/usage"):
                assert answer.status == 404, route
            else:
                assert answer.status == 200, route
    assert {"/enterprise/customers", "/financial/metrics", "/cash", "/security/score"} <= set(refused)


@contextmanager
def _speaking(playwright: Playwright, calos: Running, name: str) -> Iterator[APIRequestContext]:
    """Speak HTTP as one of the cast, without a browser."""
    stranger = playwright.request.new_context(base_url=calos.url)
    signed_in = stranger.post("/api/auth/token", data={"email": f"{name}@calos.test", "password": PASSWORD})
    token = signed_in.json()["access_token"]
    stranger.dispose()
    known = playwright.request.new_context(base_url=calos.url, extra_http_headers={"Authorization": f"Bearer {token}"})
    yield known
    known.dispose()


def _listen(page: Page) -> list[bytes]:
    """Collect what any websocket of the page will bring."""
    heard: list[bytes] = []

    def keep(frame: bytes | str) -> None:
        heard.append(frame.encode() if isinstance(frame, str) else frame)

    def follow(socket: WebSocket) -> None:
        socket.on("framereceived", keep)

    page.on("websocket", follow)
    return heard


def _asked(otto: APIRequestContext) -> Iterator[tuple[str, APIResponse]]:
    """Ask every route that only reads and is not for everybody (a brand is), with what it requires."""
    described: dict[str, Any] = otto.get("/api/openapi.json").json()["paths"]
    for route, verbs in described.items():
        if "get" in verbs and not is_public(f"/api{route}"):
            required = [each for each in verbs["get"].get("parameters", []) if each.get("required")]
            query: dict[str, str | float | bool] = {
                each["name"]: GIVEN[each["name"]] for each in required if each["in"] == "query"
            }
            yield route, otto.get(f"/api{route.format(**GIVEN)}", params=query)


def _named(told: str, others: set[str]) -> set[str]:
    return {name for name in others if name in told}
