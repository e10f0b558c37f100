"""How the house says how it is: the page shown while it starts, health, status and metrics."""

from typing import Any

from anyio import to_thread
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from api import metrics
from api.house import House
from api.looks import render
from api.problems import problem, request_id_of
from db.session import SYSTEM


def starting_page(house: House, scope: Scope) -> Response:
    """Answer anything asked before the house is ready: progress for people, 503 for programs."""
    if scope["path"].startswith("/api/"):
        sentence = "Calos is starting; try again in a few seconds."
        request_id = scope["state"]["request_id"]
        return problem(503, "starting", sentence, request_id=request_id, headers={"Retry-After": "3"})
    return render("starting.html", 503, {"Retry-After": "2"}, progress=house.progress.as_dict(), **_steps(house))


def _steps(house: House) -> dict[str, Any]:
    told = house.progress.as_dict()
    return {"steps": told["steps"], "percent": told["percent"], "error": told["error"]}


def routes(house: House) -> list[Route]:
    """Return the routes that answer at any time."""

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_request: Request) -> Response:
        well = house.ready and await to_thread.run_sync(_database_answers, house)
        return PlainTextResponse("ready\n" if well else "not ready\n", 200 if well else 503)

    async def status_json(_request: Request) -> Response:
        return JSONResponse({"ready": house.ready, **house.progress.as_dict()}, headers={"Cache-Control": "no-store"})

    async def status(_request: Request) -> Response:
        well = house.ready and await to_thread.run_sync(_database_answers, house)
        word = "Calos is up." if well else "Calos is starting." if not house.ready else "The database does not answer."
        return PlainTextResponse(word + "\n", 200 if well else 503)

    async def prometheus(request: Request) -> Response:
        actor = request.scope["state"].get("actor")
        near = request.client is not None and request.client.host in {"127.0.0.1", "::1"}
        proxied = "x-forwarded-for" in request.headers
        if (not near or proxied) and not metrics.may_read(actor):
            sentence = "Metrics are for this machine, or for the vendor's people who may read security."
            return problem(403, "not_permitted", sentence, request_id=request_id_of(request))
        if house.ready:
            metrics.POOL_IN_USE.labels("control").set(house.databases.control.engine.pool.checkedout())  # type: ignore[attr-defined]  # QueuePool
        body, kind = metrics.render()
        return Response(body, media_type=kind)

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/status.json", status_json),
        Route("/status", status),
        Route("/metrics", prometheus),
    ]


def _database_answers(house: House) -> bool:
    try:
        with house.databases.control.read(SYSTEM) as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True
