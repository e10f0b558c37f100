"""What leaves the house in the background: the jobs that send, and what looks for something to send."""

from uuid import UUID

from api.house import House
from core import clock
from core.accounts.digests import send_due
from core.accounts.limit_notices import notice_limits
from core.jobs.queue import Task
from core.jobs.schedule import Periodic, periodic
from core.notify import writes as mails
from core.organizations.viewpoint import viewpoint
from db.session import SYSTEM


def jobs(house: House) -> tuple[Task, ...]:
    """Return the jobs that send, by name."""
    databases = house.databases

    def send_mail(mail_id: str) -> None:
        with databases.control.write(SYSTEM) as session:
            mails.try_to_send(session, UUID(mail_id), now=clock.now())

    return (Task(mails.TASK, send_mail),)


def schedule(house: House) -> list[Periodic]:
    """Return what is looked at again and again, with its pause in seconds."""
    databases = house.databases

    def pick_up() -> None:
        with databases.control.write(SYSTEM) as session:
            mails.pick_up(session, now=clock.now())

    def forget() -> None:
        with databases.control.write(SYSTEM) as session:
            mails.forget_mails(session, now=clock.now())

    def sweep_limits() -> None:
        tell_of_limits(house, None)

    def digests() -> None:
        with databases.control.write(SYSTEM) as session:
            send_due(session, now=clock.now())

    return [
        periodic("mail digests", 300, digests),
        periodic("pick up what waits to be sent", 300, pick_up),
        periodic("forget old mails", 3600, forget),
        periodic("look at every limit", 3600, sweep_limits),
    ]


def tell_of_limits(house: House, installs: tuple[str, ...] | None) -> None:
    """Mail those concerned of limits crossed, of these installs or of all; nobody while books of the past are shown."""
    with house.databases.control.write(SYSTEM) as session:
        if viewpoint(session) is None:
            notice_limits(session, now=clock.now(), installs=installs)
