"""A worker that sends, in a process of its own, for tests that kill it; settings come by the environment."""

import asyncio

from api import outgoing
from api.house import House
from core.config import settings
from core.databases import open_databases
from core.jobs.worker import run_worker
from tests.core.jobs.worker_process import QUICK

if __name__ == "__main__":
    house = House(settings(), opened=open_databases(settings()))
    asyncio.run(run_worker(house.databases.control_url, outgoing.jobs(house), asyncio.Event(), rhythm=QUICK))
