"""API calls counted around ASGI and WSGI apps and functions, reported to the real vendor, and never in the way."""

import asyncio
import io
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from calos import Telemetry, track_api_usage
from calos.routes import without_ids, wsgi_route
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from tests.client.python.conftest import Site
from tests.client.python.test_telemetry import kept
from tests.client.python.web import fiona, get_json


def order(_: Request) -> Response:
    return PlainTextResponse("an order", 201)


def broken(_: Request) -> Response:
    raise RuntimeError("of the host")


def stream(_: Request) -> Response:
    return StreamingResponse(iter(["a", "b"]))


ROUTES = [
    Route("/orders/{number}", order),
    Route("/broken", broken),
    Mount("/v2", routes=[Route("/stream/{id}", stream)]),
]


def calls(site: Site) -> list[tuple[str, int]]:
    """Return feature and status of the calls that arrived, the first first."""
    return [(event["feature"], event["status"]) for event in reversed(kept(site))]


def test_what_watches_middleware_may_set_attributes_on_ours(site: Site) -> None:
    middleware: Any = track_api_usage(site.telemetry()).asgi
    middleware.__call__ = middleware.__call__


def test_requests_to_an_asgi_app_are_counted_by_their_routes(site: Site) -> None:
    telemetry = site.telemetry()
    tracker = track_api_usage(telemetry, user=lambda scope: dict(scope["headers"])[b"x-user"].decode())
    app = Starlette(routes=ROUTES)
    app.add_middleware(tracker.asgi)
    with TestClient(app, raise_server_exceptions=False) as client:
        client.get("/orders/4711", headers={"x-user": "anna"})
        client.get("/orders/4712", headers={"x-user": "anna"})
        client.get("/broken", headers={"x-user": "ben"})
        assert client.get("/v2/stream/1", headers={"x-user": "ben"}).text == "ab"
        client.get("/nowhere/550e8400-e29b-41d4-a716-446655440000/anna@acme.example", headers={"x-user": "ben"})
    assert telemetry.flush()
    assert calls(site)[:3] == [("GET /orders/{number}", 201), ("GET /orders/{number}", 201), ("GET /broken", 500)]
    assert calls(site)[3] == ("GET /v2/stream/{id}", 200)
    assert calls(site)[4] == ("GET /nowhere/{id}/{id}", 404)
    assert len({event["actor"] for event in kept(site)}) == 2
    assert all(event["ms"] is not None for event in kept(site))


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/broken":
        raise RuntimeError("of the host")
    start_response("202 Accepted", [("Content-Type", "text/plain")])
    return Body()


class Body:
    """An answer that says whether it was closed, as WSGI asks for."""

    closed = 0

    def __iter__(self) -> Any:
        yield b"a"
        yield b"b"

    def close(self) -> None:
        """Count it."""
        Body.closed += 1


def environ(path: str) -> dict[str, Any]:
    return {"REQUEST_METHOD": "POST", "PATH_INFO": path, "SCRIPT_NAME": "/shop", "wsgi.input": io.BytesIO()}


def test_requests_to_a_wsgi_app_are_counted_when_they_are_through(site: Site) -> None:
    telemetry = site.telemetry()
    app = track_api_usage(telemetry).wsgi(application)
    began: list[str] = []
    answer: Any = app(environ("/orders/12"), lambda status, *_: began.append(status))
    assert telemetry.pending() == 0
    assert b"".join(answer) == b"ab"
    closed = Body.closed
    answer.close()
    assert Body.closed == closed + 1
    with pytest.raises(RuntimeError, match="of the host"):
        app(environ("/broken"), lambda *_: None)
    assert telemetry.flush()
    assert began == ["202 Accepted"]
    assert calls(site) == [("POST /shop/orders/{id}", 202), ("POST /shop/broken", 500)]


def test_functions_are_counted_under_their_names(site: Site) -> None:
    telemetry = site.telemetry()
    tracker = track_api_usage(telemetry)

    @tracker
    def double(number: int) -> int:
        """Return it twice."""
        return number * 2

    @tracker
    async def fail() -> None:
        raise ValueError("of the host")

    assert double(2) == 4
    assert double.__doc__ == "Return it twice."
    with pytest.raises(ValueError, match="of the host"):
        asyncio.run(fail())
    assert telemetry.flush()
    names = [name.rpartition(".")[2] for name, _ in calls(site)]
    assert (names, [status for _, status in calls(site)]) == (["double", "fail"], [200, 500])


def test_a_wsgi_framework_that_leaves_its_rule_is_believed() -> None:
    matched = SimpleNamespace(url_rule=SimpleNamespace(rule="/orders/<int:number>"))
    assert wsgi_route({**environ("/orders/7"), "werkzeug.request": matched}) == "POST /orders/<int:number>"
    assert wsgi_route({**environ("/x/7"), "werkzeug.request": SimpleNamespace(url_rule=None)}) == "POST /shop/x/{id}"


class Broken(Telemetry):
    """Telemetry with a bug in it, which the caller must never feel."""

    def track(self, *_: Any, **__: Any) -> None:
        """Fail."""
        raise ZeroDivisionError


def test_a_tracker_that_fails_fails_no_call(site: Site) -> None:
    broken_one = Broken("x", "y", site.way.url, state_dir=site.folder)

    def nobody(_: Any) -> str:
        raise KeyError("user")

    tracker = track_api_usage(broken_one, user=nobody)
    with TestClient(tracker.asgi(Starlette(routes=ROUTES))) as client:
        assert client.get("/orders/1").status_code == 201
    answer: Any = tracker.wsgi(application)(environ("/x"), lambda *_: None)
    assert b"".join(answer) == b"ab"
    answer.close()
    assert tracker(lambda: 7)() == 7
    with TestClient(track_api_usage(site.telemetry(), user=nobody).asgi(Starlette(routes=ROUTES))) as client:
        assert client.get("/orders/1").status_code == 201


def used(site: Site, meter: str) -> int:
    token = fiona(site.way.upstream)
    gauges = get_json(site.way.upstream, f"/api/usage?installId={site.license.install_id}", token)["meters"]
    return int(next(gauge["used"] for gauge in gauges if gauge["meter"] == meter))


def test_calls_and_levels_are_reported_as_metered_usage(site: Site) -> None:
    usage = site.usage()
    tracker = track_api_usage(None, usage)
    for _ in range(250):
        tracker(lambda: None)()
    usage.report("storage_bytes", 5_000)
    usage.report("storage_bytes", 7_000)
    usage.add("bandwidth_bytes_month", 1_234)
    usage.add("bandwidth_bytes_month", -5)
    usage.add("no_such_meter")
    usage.add("api_calls_day", "many")  # type: ignore[arg-type]  # whoever does this must not be hurt by it
    usage.report("members", None)  # type: ignore[arg-type]  # likewise
    assert usage.flush()
    assert used(site, "api_calls_day") == 250
    assert used(site, "storage_bytes") == 7_000
    assert used(site, "bandwidth_bytes_month") == 1_234
    assert [one.code for one in usage.refused] == ["unknown_meter"]
    requests = [request for request in site.way.requests if request.startswith(b"POST /api/usage/records ")]
    assert len(requests) == 1, "one batch, calls summed up by the minute"


def test_usage_outlives_an_outage_and_counts_once(site: Site) -> None:
    usage = site.usage()
    usage.add("api_calls_day", 3)
    site.way.mode = "503 Busy"
    assert not usage.flush()
    usage.close(0.0)
    site.way.mode = "pass"
    fresh = site.usage()
    fresh.add("api_calls_day", 4)
    assert fresh.flush()
    assert used(site, "api_calls_day") == 7
    assert fresh.problem is None
    assert fresh.dropped == 0


def test_switched_off_counts_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.usage().add("api_calls_day", 3)
    site.made[0].close(0.0)
    monkeypatch.setenv("CALOS_TELEMETRY", "0")
    connections = site.way.connections
    usage = site.usage()
    usage.add("api_calls_day")
    usage.report("members", 3)
    assert usage.flush()
    usage.close()
    assert site.way.connections == connections
    assert list((site.folder / "usage").glob("*")) == []
    billed = site.usage(contractual=True)
    billed.add("api_calls_day", 5)
    assert billed.flush()
    assert used(site, "api_calls_day") == 5


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("", "/"),
        ("/orders", "/orders"),
        ("/orders/7/lines/12", "/orders/{id}/lines/{id}"),
        ("/v2/users/anna@acme.example", "/v2/users/{id}"),
        ("/files/9f86d081884c7d659a2feaa0c55ad015", "/files/{id}"),
        ("/reset/eyJhbGciOiJIUzI1NiJ9abc", "/reset/{id}"),
        ("/a-rather-long-but-plain-name", "/a-rather-long-but-plain-name"),
    ],
)
def test_paths_lose_what_looks_like_an_id(path: str, route: str) -> None:
    assert without_ids(path) == route
