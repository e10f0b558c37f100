"""A process of the telemetry door alone, for tests and benchmarks: telemetry_server.py PORT CONTROL_URL [OTHER_URL].

It prints `ready` once the door is open, and is ended by killing it.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn

if __name__ == "__main__":  # run as a file, the repository's root is not on the path
    sys.path.insert(0, str(Path(__file__).parents[2]))

from fastapi import FastAPI

from api import telemetry
from api.depends import StrictRoute
from api.problems import install_handlers
from core.databases import door_url
from core.telemetry.door import open_door
from core.telemetry.quotas import NO_LIMITS


def create(control_url: str, telemetry_url: str) -> FastAPI:
    """Return the app whose lifespan opens the door, without quotas."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.ingest_door = await open_door(door_url(control_url), door_url(telemetry_url), limits=NO_LIMITS)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        yield
        await app.state.ingest_door.close()

    app = FastAPI(lifespan=lifespan)
    app.router.route_class = StrictRoute
    install_handlers(app)
    app.include_router(telemetry.router)
    return app


if __name__ == "__main__":
    port, control = int(sys.argv[1]), sys.argv[2]
    made = create(control, sys.argv[3] if len(sys.argv) > 3 else control)
    uvicorn.run(made, host="127.0.0.1", port=port, log_level="critical", access_log=False)
