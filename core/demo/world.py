"""The demo world: built once, gone on with when it was interrupted, kept alive while Calos runs."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from core.access import audit
from core.access.actor import Actor, system_actor
from core.access.people import create_person
from core.accounts.cards import refresh_cards
from core.config import Settings
from core.culture.writes import recompute
from core.databases import Databases
from core.demo import license_files, meters
from core.demo.build import Built, build_account, build_telemetry, build_usage, go_on
from core.demo.bundles import carry
from core.demo.calls_home import phone_home
from core.demo.collecting import INVOICED, build_invoices
from core.demo.customers import DEMO_INSTALL, DemoCustomer
from core.demo.deliveries import at_the_door
from core.demo.fading import FADING
from core.demo.former import FORMER
from core.demo.growing import GROWING
from core.demo.mails import write_mails
from core.demo.money import build_money
from core.demo.people import PEOPLE
from core.demo.releases import record_releases
from core.demo.security import build_security
from core.demo.selling import work_the_list
from core.demo.tickets import record_tickets, report_outages
from core.demo.varied import varied
from core.demo.watching import build_watching
from core.ids import new_id
from core.organizations.reads import vendor_id
from core.organizations.writes import create_organization
from core.telemetry.adoption import keep_adoption
from core.telemetry.reads import last_event_at
from db.models.access import audit_entry, person
from db.models.licensing import license as licenses
from db.models.organizations import organization
from db.session import SYSTEM, ReadSession, WriteSession

NAMED = (*GROWING, *FADING)
BEGUN, BUILT, ASKED = "demo.begun", "demo.built", "demo.tickets"
VENDOR = "Calos"
FOUNDED = timedelta(days=34 * 30.4375)
# Profiles as they were, so that health has a past to be compared with.
PAST_WEEKS = (8, 6, 5, 4, 3, 2, 1)
FEWER_WEEKS = (4, 1)

Report = Callable[[str], object]


def build_once(databases: Databases, settings: Settings, *, now: datetime, report: Report) -> None:
    """Build the world on the first start of an empty installation, or go on where an interrupted build stopped."""
    with databases.control.read(SYSTEM) as session:
        if vendor_id(session) is not None and not (_said(session, BEGUN) and not _said(session, BUILT)):
            return
    build(databases, settings, now=now, report=report)


def build(
    databases: Databases, settings: Settings, *, now: datetime, report: Report, only_test_customer: bool = False
) -> None:
    """Build what is missing of the world: people and customers, each in a transaction of its own."""
    customers = everybody()
    if only_test_customer:
        customers = tuple(one for one in customers if one.install_id == DEMO_INSTALL)
    with databases.control.write(SYSTEM) as session:
        actor = _begin(session, now)
    for customer in customers:
        _account(databases, settings, actor, customer, now)
    if not only_test_customer:
        report("Three years of invoices")
        _bill(databases, actor, customers, now)
    for number, customer in enumerate(customers, start=1):
        report(f"{customer.name} ({number} of {len(customers)})")
        _customer(databases, actor, customer, now)
    if not only_test_customer:
        _around(databases, settings, actor, customers, now)
    report("Profiles, each compared with its peers")
    for customer in customers:
        _profile(databases, customer, now)
    if not only_test_customer:
        _sell(databases, actor, now)
        build_security(databases, actor, settings, now=now)
    with databases.control.write(SYSTEM) as control, databases.telemetry.read(SYSTEM) as telemetry:
        refresh_cards(control, telemetry, now=now, limit=10_000)
        audit.record(session=control, actor=actor, action=BUILT, target=("demo", "world"), now=now)
    report("ready")


def _around(
    databases: Databases, settings: Settings, actor: Actor, customers: Sequence[DemoCustomer], now: datetime
) -> None:
    """Build what goes across customers: people, books, agreed limits, tickets, deliveries."""
    with databases.control.write(SYSTEM) as session:
        _people(session, actor, settings, now)
        build_money(session, actor, customers, now=now)
        build_watching(session, actor, now=now)
    with databases.control.write(SYSTEM) as session:
        installs = {one.name: built.install_id for one in customers if (built := _built(session, one.name))}
        meters.agree(session, actor, installs, now=now)
        license_files.give_files(session, actor, settings.home, installs[license_files.HOLDER], now=now)
    with databases.control.write(SYSTEM) as session:
        _tickets(session, actor, customers, now)
    _deliver(databases, actor, customers, now)


def _sell(databases: Databases, actor: Actor, now: datetime) -> None:
    with databases.control.write(SYSTEM) as session:
        work_the_list(session, actor, now=now)
        write_mails(session, actor, now=now)


def everybody() -> tuple[DemoCustomer, ...]:
    """Return all customers of the world."""
    return (*NAMED, *varied(), *FORMER)


def keep_alive(databases: Databases, *, now: datetime) -> int:
    """Let the demo's installs phone home and send what they have done since; return how many events that was."""
    with databases.control.read(SYSTEM) as session:
        built = {one.name: _built(session, one.name) for one in everybody()}
    alive = [
        one
        for one in everybody()
        if not (one.behavior.silent or one.air_gapped) and (one.churned_months_ago is None or one.returned is not None)
    ]
    installs = [(one, found.install_id, found.issued_at) for one in alive if (found := built[one.name])]
    phone_home(databases.control_url, installs, now=now, only_lately=True)
    added = 0
    for customer, install_id, _ in installs:
        with databases.telemetry.write(SYSTEM) as telemetry:
            last = last_event_at(telemetry, install_id)
            added += go_on(telemetry, customer, install_id, now=now, last=last)
    return added


def _tickets(session: WriteSession, actor: Actor, customers: Iterable[DemoCustomer], now: datetime) -> None:
    if not _said(session, ASKED):
        ids = [(one, built.organization_id) for one in customers if (built := _built(session, one.name))]
        record_tickets(session, actor, ids, now=now)
        audit.record(session, actor, ASKED, ("demo", "world"), now=now)


def _begin(session: WriteSession, now: datetime) -> Actor:
    vendor = vendor_id(session)
    if vendor is None:
        founder = system_actor(new_id())
        vendor = create_organization(session, founder, VENDOR, realm="vendor", now=now - FOUNDED)
    actor = system_actor(vendor, "Demo")
    if not _said(session, BEGUN):
        audit.record(session, actor, BEGUN, ("demo", "world"), now=now)
    record_releases(session, actor, now=now)
    return actor


def _account(databases: Databases, settings: Settings, actor: Actor, customer: DemoCustomer, now: datetime) -> None:
    with databases.control.write(SYSTEM) as session:
        built = _built(session, customer.name) or build_account(session, actor, customer, settings, now=now)
    with databases.telemetry.write(SYSTEM) as session:
        build_usage(session, customer, built.install_id, now=now)


def _bill(databases: Databases, actor: Actor, customers: Iterable[DemoCustomer], now: datetime) -> None:
    with databases.control.write(SYSTEM) as session, databases.telemetry.read(SYSTEM) as telemetry:
        if not _said(session, INVOICED):
            ids = [(one, built.organization_id) for one in customers if (built := _built(session, one.name))]
            build_invoices(session, telemetry, actor, ids, now=now)


def _customer(databases: Databases, actor: Actor, customer: DemoCustomer, now: datetime) -> None:
    with databases.control.read(SYSTEM) as session:
        built = _built(session, customer.name)
    if built is None:
        return
    phone_home(databases.control_url, [(customer, built.install_id, built.issued_at)], now=now)
    with databases.telemetry.write(SYSTEM) as session:
        build_telemetry(session, customer, built.install_id, now=now)
    with databases.control.write(SYSTEM) as session:
        report_outages(session, actor, customer, built.organization_id, now=now)
    if not customer.air_gapped:
        _past(databases, customer, built.install_id, now)


def _deliver(databases: Databases, actor: Actor, customers: Iterable[DemoCustomer], now: datetime) -> None:
    """Carry in what has no connection, and show at the door how the others send."""
    with databases.control.read(SYSTEM) as session:
        installs = [(one, built.install_id) for one in customers if (built := _built(session, one.name))]
    for customer, install_id in installs:
        if customer.air_gapped:
            carry(databases, actor, customer, install_id, now=now)
            _past(databases, customer, install_id, now)
    sending = [(one, each) for one, each in installs if not one.air_gapped and one.churned_months_ago is None]
    at_the_door(databases, sending, now=now)
    with databases.control.write(SYSTEM) as control, databases.telemetry.read(SYSTEM) as telemetry:
        keep_adoption(control, telemetry, now=now)


def _past(databases: Databases, customer: DemoCustomer, install_id: str, now: datetime) -> None:
    """Compute profiles as they were, so that health has a past."""
    for weeks in PAST_WEEKS if customer in NAMED else FEWER_WEEKS:
        with databases.control.write(SYSTEM) as control, databases.telemetry.read(SYSTEM) as telemetry:
            recompute(control, telemetry, install_id, now=now - timedelta(weeks=weeks))


def _profile(databases: Databases, customer: DemoCustomer, now: datetime) -> None:
    """Compute today's profile, once all customers are there to be compared with."""
    with databases.control.write(SYSTEM) as control, databases.telemetry.read(SYSTEM) as telemetry:
        built = _built(control, customer.name)
        if built is not None:
            recompute(control, telemetry, built.install_id, now=now)


def _people(session: WriteSession, actor: Actor, settings: Settings, now: datetime) -> None:
    for each in PEOPLE:
        if session.execute(select(person.c.id).where(person.c.email == each.email)).first():
            continue
        home = actor.organization_id
        if each.customer is not None:
            home = session.execute(
                select(organization.c.id).where(organization.c.name == each.customer, organization.c.demo)
            ).scalar_one()
        create_person(
            session,
            actor,
            home,
            each.email,
            each.name,
            each.role,
            settings.demo_password,
            now=now - timedelta(days=14),
            demo=True,
            allow_short=True,
        )


def _said(session: ReadSession, action: str) -> bool:
    return session.execute(select(audit_entry.c.id).where(audit_entry.c.action == action).limit(1)).first() is not None


def _built(session: ReadSession, name: str) -> Built | None:
    row = session.execute(
        select(licenses.c.organization_id, licenses.c.install_id, licenses.c.issued_at)
        .join(organization, organization.c.id == licenses.c.organization_id)
        .where(organization.c.name == name, organization.c.demo)
        .order_by(licenses.c.issued_at.desc())
        .limit(1)
    ).one_or_none()
    return Built(row.organization_id, row.install_id, row.issued_at) if row else None
