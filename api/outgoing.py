"""What leaves the house in the background: the jobs that send, and what looks for something to send."""

from uuid import UUID

from api.house import House
from core import clock
from core.accounts.crm import facts_at
from core.accounts.digests import send_due
from core.accounts.happenings import look_for_news
from core.accounts.limit_notices import notice_limits
from core.jobs.queue import Task
from core.jobs.schedule import Periodic, periodic
from core.notify import writes as mails
from core.notify.deliveries import TASK
from core.notify.delivering import forget_deliveries, try_to_deliver
from core.notify.delivering import pick_up as pick_up_deliveries
from core.organizations.viewpoint import viewpoint
from db.session import SYSTEM


def jobs(house: House) -> tuple[Task, ...]:
    """Return the jobs that send, by name."""
    databases = house.databases

    def send_mail(mail_id: str) -> None:
        with databases.control.write(SYSTEM) as session:
            mails.try_to_send(session, UUID(mail_id), now=clock.now())

    def deliver(delivery_id: str) -> None:
        now = clock.now()
        with databases.control.write(SYSTEM) as session:
            try_to_deliver(session, UUID(delivery_id), now=now, facts=facts_at(now))

    return (Task(mails.TASK, send_mail), Task(TASK, deliver))


def schedule(house: House) -> list[Periodic]:
    """Return what is looked at again and again, with its pause in seconds."""
    databases = house.databases

    def pick_up() -> None:
        with databases.control.write(SYSTEM) as session:
            mails.pick_up(session, now=clock.now())
            pick_up_deliveries(session, now=clock.now())

    def forget() -> None:
        with databases.control.write(SYSTEM) as session:
            mails.forget_mails(session, now=clock.now())
            forget_deliveries(session, now=clock.now())

    def sweep_limits() -> None:
        tell_of_limits(house, None)

    def digests() -> None:
        with databases.control.write(SYSTEM) as session:
            send_due(session, now=clock.now())

    def news() -> None:
        with databases.control.write(SYSTEM) as session:
            look_for_news(session, now=clock.now())

    return [
        periodic("tell destinations what happened", 20, news),
        periodic("mail digests", 300, digests),
        periodic("pick up what waits to be sent", 300, pick_up),
        periodic("forget what was sent long ago", 3600, forget),
        periodic("look at every limit", 3600, sweep_limits),
    ]


def tell_of_limits(house: House, installs: tuple[str, ...] | None) -> None:
    """Mail those concerned of limits crossed, of these installs or of all; nobody while books of the past are shown."""
    with house.databases.control.write(SYSTEM) as session:
        if viewpoint(session) is None:
            notice_limits(session, now=clock.now(), installs=installs)
