"""What is done about invoices in the background: runs worked off, and late ones asked for."""

from uuid import UUID

from api.house import House
from core import clock
from core.accounts.dunning import send_due_notices
from core.accounts.invoice_runs import TASK, work
from core.jobs.queue import Task
from core.jobs.schedule import Periodic, periodic
from core.organizations.viewpoint import viewpoint
from db.session import SYSTEM


def jobs(house: House) -> tuple[Task, ...]:
    """Return the jobs about invoices, by name."""

    def run(run_id: str) -> None:
        work(house.databases, UUID(run_id), clock=clock.now)

    return (Task(TASK, run),)


def schedule(house: House) -> list[Periodic]:
    """Return what is looked at again and again, with its pause in seconds."""

    def dun() -> None:
        with house.databases.control.write(SYSTEM) as session:
            # Nobody is asked for money while books of the past are looked at.
            if viewpoint(session) is None:
                send_due_notices(session, now=clock.now())

    return [periodic("ask for late invoices", 3600, dun)]
