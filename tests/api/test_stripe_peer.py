"""Stripe as somebody else plays it (localstripe): what it lists is read, and what it signs and sends is taken."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
import requests
from sqlalchemy import text

from api import stripe_webhook
from core import clock
from core.billing.stripe_gateway import Account, one, page
from core.config import Settings
from core.errors import InvalidInput
from core.imports.stripe.running import Running, process_event
from db.session import SYSTEM
from tests.api.signed_in import signed_in
from tests.books import own_databases
from tests.cast import make_cast
from tests.loopback import vendor

KEY = "sk_test_12345"
SECRET = "whsec_of_the_peer"
# Its own command listens on every interface.
PROGRAM = """
import sys
from aiohttp import web
from localstripe import server
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""
PATIENCE_SECONDS = 60


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[str]:
    """Yield the address of a localstripe that keeps nothing."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", PROGRAM, str(port)]
    with subprocess.Popen(command, cwd=tmp_path, env={"TMPDIR": str(tmp_path)}) as running:
        try:
            _answers(f"http://127.0.0.1:{port}", running)
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()


def _answers(url: str, running: subprocess.Popen[bytes]) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while monotonic() < deadline and running.poll() is None:
        try:
            requests.get(f"{url}/v1/customers", auth=(KEY, ""), timeout=5)
        except requests.ConnectionError:
            sleep(0.05)
        else:
            return
    raise AssertionError("localstripe did not start")


def _customer(peer: str, name: str) -> str:
    answer = requests.post(f"{peer}/v1/customers", data={"name": name}, auth=(KEY, ""), timeout=10)
    return str(answer.json()["id"])


def test_what_the_peer_lists_is_read_page_by_page(peer: str) -> None:
    made = {_customer(peer, f"Customer {number}") for number in range(3)}
    account = Account(KEY, peer, pause=lambda _seconds: None)
    assert {each["id"] for each in page(account, "customer").objects} == made
    assert one(account, "customer", "cus_nobody") is None
    with pytest.raises(InvalidInput, match=r"refused the request \(404\)"):
        page(account, "price")


def test_what_the_peer_signs_and_sends_is_taken_and_processed(peer: str, test_settings: Settings) -> None:
    account = Account(KEY, peer, pause=lambda _seconds: None)
    on = {"stripe_secret_key": KEY, "stripe_webhook_secret": SECRET}
    with own_databases(test_settings) as databases, vendor() as inbox:
        with databases.control.write(SYSTEM) as session:
            make_cast(session, clock.now())
        hook = {"url": inbox.url, "secret": SECRET, "events": ["customer.created"]}
        requests.post(f"{peer}/_config/webhooks/calos", json=hook, timeout=10)
        made = _customer(peer, "Initech")
        deadline = monotonic() + PATIENCE_SECONDS
        while not inbox.sent and monotonic() < deadline:
            sleep(0.05)
        ((_, _, headers),), (body,) = inbox.asked, inbox.sent
        door = signed_in(databases, None, stripe_webhook, settings=test_settings.model_copy(update=on))
        answer = door.post("/stripe/webhook", content=body, headers={"Stripe-Signature": headers["stripe-signature"]})
        assert (answer.status_code, answer.json()) == (200, {"received": True, "known": False})
        process_event(Running(databases, account, clock.now), json.loads(body)["id"])
        with databases.control.read(SYSTEM) as session:
            names = session.execute(
                text(
                    "SELECT name FROM organization JOIN stripe_object ON organization_id = organization.id "
                    "WHERE external_id = :id"
                ),
                {"id": made},
            ).scalars()
            assert list(names) == ["Initech"]
