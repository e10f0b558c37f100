"""A shop of 100 lines that asks its vendor whether it may run, shows what it was told, and counts what is used.

Start the vendor with `make run`, then, beside it: PYTHONPATH=client/src .venv/bin/python client/examples/shop.py
"""

import html
import os
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIServer, make_server

from calos import LicenseClient, Seat, Telemetry, Usage, track_api_usage

# The demo world's own installation; yours come with the license.
DEMO = {
    "CALOS_URL": "http://localhost:5001",
    "CALOS_INSTALL_ID": "demo-install-abc123456789abcdef",
    "CALOS_INSTALL_SECRET": "demo-install-secret",
}
VERSION = "4.2.1"
FEATURE = "chatbot"

PAGE = """<!doctype html><meta charset="utf-8"><title>Shop</title>
<style>body{{font:16px/1.5 system-ui;max-width:46rem;margin:3rem auto;padding:0 1rem}}pre{{overflow:auto}}</style>
<h1>Shop</h1>
<p><b>{code}</b>: {detail}</p>
<p>{feature} is {granted}. {seats}</p>
<p><a href="/">Home</a> · <a href="/report">A report</a> · <a href="/sit?holder=anna">Anna sits down</a> ·
<a href="/leave?holder=anna">Anna leaves</a> · <a href="/send">Send telemetry now</a></p>
<h2>Telemetry</h2>
<p>{where}. Waiting: {waiting}. {stop}</p>
<pre>{payload}</pre>
"""


class Shop:
    """A WSGI app around one client, its telemetry, and the seats of those who work in it."""

    def __init__(self) -> None:
        self.license = LicenseClient(version=VERSION, domain="localhost")
        self.telemetry = Telemetry(version=VERSION, domain="localhost")
        self.usage = Usage()
        self.seats: dict[str, Seat] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request: whatever the license says, the host decides what it means. Here, that a page says so."""
        holder = parse_qs(environ.get("QUERY_STRING", "")).get("holder", ["anna"])[0][:80]
        path = environ["PATH_INFO"]
        if path == "/report":
            self.telemetry.track("feature_used", feature="report", user=holder)
        elif path == "/sit":
            self.seats.setdefault(holder, self.license.seat(holder)).take()
        elif path == "/leave" and holder in self.seats:
            self.seats.pop(holder).release()
        elif path == "/send":
            self.telemetry.flush(5)
            self.usage.flush(5)
        elif path != "/":
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"There is no such page."]
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [self.page().encode()]

    def page(self) -> str:
        """Return what there is to see."""
        state, manifest = self.license.state, self.telemetry.manifest()
        last = manifest.last_payload or b"Nothing has been sent yet."
        seats = [f"{name}: {seat.lease.code}, {seat.lease.detail}" for name, seat in self.seats.items()]
        told = {
            "code": state.code + (" (in grace)" if state.in_grace else ""),
            "detail": state.detail if state.problem is None else f"{state.detail} Last problem: {state.problem}",
            "feature": FEATURE,
            "granted": "granted" if self.license.entitled(FEATURE) else "not granted",
            "seats": "Seats: " + ("; ".join(seats) or "nobody sits."),
            "where": f"Sent to {manifest.sent_to}, {manifest.sent_when}"
            if manifest.enabled
            else "Off: nothing is sent",
            "waiting": str(manifest.waiting),
            "stop": manifest.how_to_stop,
            "payload": last.decode(),
        }
        return PAGE.format(**{name: html.escape(value) for name, value in told.items()})

    def close(self) -> None:
        """End it: seats are given back, and what was counted goes out or waits on disk."""
        self.license.close()
        self.telemetry.close()
        self.usage.close()


def serve(port: int) -> tuple[Shop, WSGIServer]:
    """Return the shop, started, and its server, which is still to be run."""
    shop = Shop()
    print(f"{shop.license.start().code}; the shop is at http://localhost:{port}", flush=True)
    app = track_api_usage(shop.telemetry, shop.usage).wsgi(shop)
    return shop, make_server("127.0.0.1", port, app)


if __name__ == "__main__":
    for name, value in DEMO.items():
        os.environ.setdefault(name, value)
    opened, server = serve(int(os.environ.get("PORT", "5010")))
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        opened.close()
