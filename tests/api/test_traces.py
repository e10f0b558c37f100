"""Where an endpoint is set, each request becomes a span there."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from api import traces


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    received: list[bytes] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Take)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    server.server_close()


def test_a_request_becomes_a_span_with_its_status(collector: tuple[str, list[bytes]]) -> None:
    endpoint, received = collector
    sending = traces.provider(endpoint)
    app = Starlette(middleware=[Middleware(traces.Traced, provider=sending)])
    assert TestClient(app).get("/api/customer/inst-secretish").status_code == 404
    sending.force_flush()
    sending.shutdown()
    request = ExportTraceServiceRequest()
    request.ParseFromString(received[0])
    span = request.resource_spans[0].scope_spans[0].spans[0]
    assert span.name == "GET /api"
    assert {one.key: one.value.int_value for one in span.attributes}["http.response.status_code"] == 404
    assert "inst-secretish" not in received[0].decode("latin-1")
