"""What is done about scheduled reports in the background: each that is due is made and mailed."""

from api.house import House
from core import clock
from core.jobs.schedule import Periodic, periodic
from core.reports.sending import send_due
from db.session import SYSTEM

# As many as one look works off; the next look does the rest.
AT_ONCE = 20


def schedule(house: House) -> list[Periodic]:
    """Return what is looked at again and again, with its pause in seconds."""

    def send() -> None:
        for _ in range(AT_ONCE):
            with house.databases.control.write(SYSTEM) as session:
                if not send_due(session, now=clock.now()):
                    return

    return [periodic("mail reports that are due", 60, send)]
