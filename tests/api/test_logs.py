"""Logs hold no secrets, and errors reach an error tracker that speaks Sentry's protocol."""

import gzip
import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import sentry_sdk
import structlog

from api import logs
from core.config import Settings


@pytest.fixture
def tracker() -> Iterator[tuple[str, list[bytes]]]:
    received: list[bytes] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(gzip.decompress(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Take)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://public@127.0.0.1:{server.server_port}/1", received
    server.shutdown()
    server.server_close()


@pytest.fixture
def configured() -> Iterator[None]:
    handlers, level = logging.root.handlers, logging.root.level
    yield
    sentry_sdk.init()
    structlog.reset_defaults()
    logging.root.handlers, logging.root.level = handlers, level


def test_an_error_reaches_the_tracker_with_its_request_id(
    tracker: tuple[str, list[bytes]], test_settings: Settings, configured: None
) -> None:
    dsn, received = tracker
    logs.configure(test_settings.model_copy(update={"sentry_dsn": dsn}))
    try:
        int("the reason")
    except ValueError:
        structlog.get_logger("t").exception("unexpected error", request_id="abc-123")
    sentry_sdk.flush(5)
    text = b"".join(received)
    assert b"the reason" in text
    assert b"abc-123" in text


def test_secrets_never_reach_a_log_line(
    test_settings: Settings, configured: None, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(test_settings.model_copy(update={"log_format": "json"}))
    structlog.get_logger("t").warning("sign-in", password="hunter2", authorization="Bearer x", who="fiona")
    line = json.loads(capsys.readouterr().err.strip().splitlines()[-1])
    assert line["password"] == line["authorization"] == "…"
    assert line["who"] == "fiona"
