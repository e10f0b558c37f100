"""The loopback Stripe over HTTP: lists with cursors, objects, what Calos creates, idempotency keys, and its faults."""

import copy
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.loopback_stripe import shapes
from tests.loopback_stripe.books import Books
from tests.loopback_stripe.shapes import Json, listed

LISTS = frozenset(
    {
        *("customers", "products", "prices", "subscriptions", "subscription_items", "invoices", "invoice_payments"),
        *("credit_notes", "refunds", "disputes", "payment_intents", "events"),
    }
)
DECLINED = "pm_declined"


@dataclass
class LoopbackStripe:
    """The books with a door; `faults` are what the next answers are instead: 429, 500, or `drop`."""

    books: Books
    key: str = "sk_test_loopback"
    url: str = ""
    faults: list[int | str] = field(default_factory=list)
    delay: float = 0.0
    asked: list[tuple[str, str]] = field(default_factory=list)
    keys: dict[str, tuple[str, int, Json]] = field(default_factory=dict)
    # The most that one page holds, whatever is asked for.
    page: int = 100


class Refused(Exception):
    """An error as the API answers one."""

    def __init__(self, status: int, kind: str, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": message}}


def answer(stripe: LoopbackStripe, method: str, path: str, given: dict[str, Any], key: str | None) -> tuple[int, Json]:
    """Answer a request; a POST with a known Idempotency-Key gets the first answer again."""
    if method != "POST" or key is None:
        return 200, _answer(stripe, method, path, given)
    said = json.dumps([path, given], sort_keys=True)
    with stripe.books.lock:
        known = stripe.keys.get(key)
        if known is None:
            known = stripe.keys[key] = (said, 200, _answer(stripe, method, path, given))
        elif known[0] != said:
            raise Refused(400, "idempotency_error", "idempotency_key_in_use", "Keys are for one request only.")
        return known[1], known[2]


def _admit(stripe: LoopbackStripe, fault: int | str | None, credential: str | None) -> None:
    if fault is not None:
        raise Refused(int(fault), "api_error", "rate_limit" if fault == 429 else "api_error", "Fault mode.")
    if credential != f"Bearer {stripe.key}":
        raise Refused(401, "invalid_request_error", "api_key_invalid", "Invalid API Key provided.")


def _answer(stripe: LoopbackStripe, method: str, path: str, given: dict[str, Any]) -> Json:
    parts = path.removeprefix("/v1/").split("/")
    with stripe.books.lock:
        if method == "GET" and path == "/v1/balance":
            return {"object": "balance", "available": [], "pending": [], "livemode": False}
        if method == "GET" and parts[0] in LISTS:
            return _one(stripe, parts, given) if len(parts) == 2 else _list(stripe, parts[0], given)
        if method == "POST" and path == "/v1/payment_intents":
            return _collect(stripe, given)
        if method == "POST" and path == "/v1/checkout/sessions":
            return _checkout(stripe, given)
    raise Refused(404, "invalid_request_error", "url_invalid", f"Unrecognized request URL ({method}: {path}).")


def _one(stripe: LoopbackStripe, parts: list[str], given: dict[str, Any]) -> Json:
    found = stripe.books.kept(parts[0]).get(parts[1])
    if found is None:
        raise Refused(404, "invalid_request_error", "resource_missing", f"No such {parts[0][:-1]}: '{parts[1]}'")
    return _shown(found, _expanded(given))


def _list(stripe: LoopbackStripe, kind: str, given: dict[str, Any]) -> Json:
    if kind == "events":
        rows = list(reversed(stripe.books.events))
    elif kind == "subscription_items":
        rows = list(stripe.books.kept("subscriptions")[given["subscription"]]["items"]["data"])
    else:
        # The newest first, as Stripe lists them.
        rows = list(reversed(stripe.books.kept(kind).values()))
    if kind == "subscriptions" and given.get("status") != "all":
        rows = [one for one in rows if one["status"] not in {"canceled", "incomplete_expired"}]
    rows = [one for one in rows if not one.get("deleted")]
    after = given.get("starting_after")
    if after is not None:
        ids = [one["id"] for one in rows]
        if after not in ids:
            raise Refused(400, "invalid_request_error", "resource_missing", f"No such object: '{after}'")
        rows = rows[ids.index(after) + 1 :]
    size = min(int(given.get("limit", 10)), stripe.page)
    expand = {one.removeprefix("data.") for one in _expanded(given)}
    return listed(f"/v1/{kind}", [_shown(one, expand) for one in rows[:size]], has_more=len(rows) > size)


def _shown(found: Json, expand: set[str]) -> Json:
    """An object as it is answered: what was not asked for is an id, or left out."""
    made = copy.deepcopy(found)
    if made["object"] == "subscription" and "discounts.source.coupon" not in expand:
        made["discounts"] = [one["id"] for one in made["discounts"]]
    if made["object"] == "invoice" and "payments" not in expand:
        made.pop("payments", None)
    return made


def _expanded(given: dict[str, Any]) -> set[str]:
    return {str(value) for name, value in given.items() if name.startswith("expand[")}


def _collect(stripe: LoopbackStripe, given: dict[str, Any]) -> Json:
    if given["payment_method"] == DECLINED:
        raise Refused(402, "card_error", "card_declined", "Your card was declined.")
    books = stripe.books
    made = shapes.payment_intent(
        books.name("pi"),
        books.now,
        int(given["amount"]),
        given["currency"],
        amount_received=int(given["amount"]),
        customer=given["customer"],
        description=given.get("description"),
        payment_method=given["payment_method"],
        status="succeeded",
        metadata=_metadata(given, "metadata"),
    )
    return copy.deepcopy(books.add("payment_intents", made, "payment_intent.succeeded"))


def _checkout(stripe: LoopbackStripe, given: dict[str, Any]) -> Json:
    books = stripe.books
    made = shapes.checkout_session(
        books.name("cs_test"),
        books.now,
        int(given["line_items[0][price_data][unit_amount]"]) * int(given["line_items[0][quantity]"]),
        given["line_items[0][price_data][currency]"],
        client_reference_id=given.get("client_reference_id"),
        customer=given.get("customer"),
        customer_email=given.get("customer_email"),
        success_url=given["success_url"],
        metadata=_metadata(given, "metadata"),
    )
    return copy.deepcopy(books.add("checkout_sessions", made, None))


def _metadata(given: dict[str, Any], name: str) -> dict[str, str]:
    return {key[len(name) + 1 : -1]: value for key, value in given.items() if key.startswith(f"{name}[")}


@contextmanager
def loopback_stripe(books: Books, *, port: int = 0) -> Iterator[LoopbackStripe]:
    """Serve the books on a free port until the block ends."""
    stripe = LoopbackStripe(books)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._take(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

        def do_GET(self) -> None:
            self._take(urlsplit(self.path).query)

        def _take(self, query: str) -> None:
            path = urlsplit(self.path).path
            stripe.asked.append((self.command, self.path))
            time.sleep(stripe.delay)
            fault = stripe.faults.pop(0) if stripe.faults else None
            if fault == "drop":
                self.close_connection = True
                return
            try:
                _admit(stripe, fault, self.headers.get("Authorization"))
                given = dict(parse_qsl(query, keep_blank_values=True))
                self._send(*answer(stripe, self.command, path, given, self.headers.get("Idempotency-Key")))
            except Refused as refused:
                self._send(refused.status, refused.body)

        def _send(self, status: int, body: Json) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.send_header("Request-Id", "req_loopback")
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet: the test says what went wrong."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that went away before its answer is what some tests are about."""

    server = Quiet(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    stripe.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield stripe
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
