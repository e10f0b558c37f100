"""A process of the telemetry door alone, for benchmarks: telemetry_server.py PORT CONTROL_URL [OTHER_URL].

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
from starlette.applications import Starlette
from starlette.middleware import Middleware

from api import batches
from api.boot import settle_memory
from api.front_door import FrontDoor
from api.house import House
from core.config import Settings
from core.databases import door_url
from core.telemetry.door import open_door
from core.telemetry.quotas import NO_LIMITS


def create(control_url: str, telemetry_url: str) -> Starlette:
    """Return the front door with nothing but this one behind it, without quotas."""
    api = FastAPI()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        api.state.ingest_door = await open_door(door_url(control_url), door_url(telemetry_url), limits=NO_LIMITS)
        settle_memory()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        yield
        await api.state.ingest_door.close()

    settings = Settings(_env_file=None, CALOS_DEMO=False, CALOS_DOOR_RATE=10**9)
    house = House(settings, ready=True, doors={batches.PATH: batches.Door(api)})
    return Starlette(lifespan=lifespan, middleware=[Middleware(FrontDoor, house=house)])


if __name__ == "__main__":
    port, control = int(sys.argv[1]), sys.argv[2]
    made = create(control, sys.argv[3] if len(sys.argv) > 3 else control)
    uvicorn.run(made, host="127.0.0.1", port=port, log_level="critical", access_log=False)
