"""A process of the license doors alone, for tests over several of them; its settings come as JSON on stdin.

It prints `ready` once the doors are open, and is ended by killing it.
"""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount

from api import seats, verify
from api.problems import install_handlers
from core.licensing import door, seat_door


def create(url: str, home: Path) -> Starlette:
    """Return the app whose lifespan opens both doors; `url` is a door's."""
    api = FastAPI()
    install_handlers(api)
    api.include_router(seats.router)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        api.state.verify_door = await door.open_door(url, home)
        api.state.seat_door = await seat_door.open_door(url)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        yield

    return Starlette(routes=[verify.outer_route(api), Mount("/api", api)], lifespan=lifespan)


if __name__ == "__main__":
    given = json.load(sys.stdin)
    made = create(given["url"], Path(given["home"]))
    uvicorn.run(made, host="127.0.0.1", port=given["port"], log_level="critical", access_log=False)
