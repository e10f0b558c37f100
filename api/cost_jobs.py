"""What is done about costs again and again: usage is priced once its month is over, and costs are watched."""

from api.house import House
from core import clock
from core.access.actor import system_actor
from core.finance.cost_watch import watch
from core.finance.metered_costs import book_due
from core.jobs.schedule import Periodic, periodic
from core.organizations.reads import vendor_id
from core.organizations.viewpoint import viewpoint
from db.session import SYSTEM


def schedule(house: House) -> list[Periodic]:
    """Return what is looked at again and again, with its pause; nothing while books of the past are shown."""
    databases = house.databases

    def book() -> None:
        with databases.control.write(SYSTEM) as control, databases.telemetry.read(SYSTEM) as telemetry:
            vendor = vendor_id(control)
            if vendor is not None and viewpoint(control) is None:
                book_due(control, telemetry, system_actor(vendor), now=clock.now())

    def look() -> None:
        with databases.control.write(SYSTEM) as session:
            vendor = vendor_id(session)
            if vendor is not None and viewpoint(session) is None:
                watch(session, system_actor(vendor), now=clock.now())

    return [periodic("book what usage costs", 3600, book), periodic("watch costs", 900, look)]
