"""An import from beginning to end: checked, taken over, looked at as of its last day; profiles and cards after it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import count
from typing import Final
from uuid import UUID

from core.access.actor import Actor, system_actor
from core.accounts.cards import refresh_cards
from core.culture.writes import recompute, recompute_dirty
from core.databases import Databases
from core.errors import CalosError, Conflict, InvalidInput
from core.ids import new_id
from core.imports.applying import Report, apply
from core.imports.checking import Checked, check
from core.imports.files import missing_files
from core.imports.findings import Finding
from core.imports.mapping import read_mapping
from core.imports.reads import (
    Order,
    anybody_phones_home,
    customer_names,
    installs_taken,
    is_demo,
    known_rows,
    order_of,
    run_by_id,
    tier_ids,
)
from core.imports.writes import fail, finish
from core.organizations.reads import vendor_id
from core.organizations.viewpoint import set_viewpoint, viewpoint
from core.organizations.writes import create_organization
from db.session import SYSTEM, ReadSession, WriteSession

TASK: Final = "calos.import"
VENDOR: Final = "Calos"
PROFILES_AT_ONCE: Final = 50
CARDS_AT_ONCE: Final = 1_000

DEMO_SENTENCE: Final = (
    "The demo world lives here. Real data goes into an empty CALOS_HOME (CALOS_DEMO=0); `python manage.py demo remove` "
    "takes the demo out of this one."
)


def check_order(session: ReadSession, order: Order, *, now: datetime) -> Checked:
    """Check a mapping with its files against what is here; InvalidInput, in sentences, where they can't be read."""
    books = read_mapping(order.mapping, order.mapping_name)
    missing = missing_files(books, order.files)
    if missing:
        raise InvalidInput(f"The mapping names {', '.join(missing)}: add the file of that name.", field="files")
    return check(
        books,
        order.files,
        known=known_rows(session, books.books),
        tiers=tier_ids(session),
        names_taken=customer_names(session),
        now=now,
    )


def require_no_demo(session: ReadSession) -> None:
    """Raise Conflict where the demo world lives: real customers among invented ones make every figure wrong."""
    if is_demo(session):
        raise Conflict(DEMO_SENTENCE, code="demo_world")


def vendor_actor(session: WriteSession, label: str, *, now: datetime) -> Actor:
    """Return the actor that books are imported as; where nobody has set Calos up yet, the vendor is made for them.

    The first owner then joins it by the set-up link, and gives it its name.
    """
    vendor = vendor_id(session)
    if vendor is None:
        vendor = create_organization(session, system_actor(new_id()), VENDOR, realm="vendor", now=now)
    return system_actor(vendor, label)


def run(
    databases: Databases,
    run_id: UUID,
    *,
    clock: Callable[[], datetime],
    report: Report,
    checked: Checked | None = None,
    then: Callable[[Actor], Sequence[Finding]] = lambda _: (),
) -> Checked | None:
    """Take an import over, or go on where it was stopped; return what was checked, None where it is done already.

    `then` takes over what only some books have, once every customer is in, and returns what it refused. What Calos
    refuses is noted on the run, and so is a failure of another kind, which is raised.
    """
    now = clock()
    with databases.control.write(SYSTEM) as session:
        actor = vendor_actor(session, "Import", now=now)
        known = run_by_id(session, actor, run_id)
        if known.state == "done":
            return None
        found = checked or check_order(session, order_of(session, run_id), now=now)
    try:
        with databases.control.write(SYSTEM) as session:
            # First, since the background computes profiles of what is in while the rest still comes.
            _look_from_the_end(session, actor, found, now=now)
        refused = [*apply(databases, actor, run_id, found, now=now, report=report), *then(actor)]
        with databases.control.write(SYSTEM) as session:
            finish(session, actor, run_id, found, refused, now=clock())
    except CalosError as why:
        with databases.control.write(SYSTEM) as session:
            fail(session, actor, run_id, why.message, now=clock())
        raise
    except Exception as why:
        said = f"It stopped by a mistake of ours ({type(why).__name__}). What is in stays; start it again to go on."
        with databases.control.write(SYSTEM) as session:
            fail(session, actor, run_id, said, now=clock())
        raise
    return found


def settle(databases: Databases, run_id: UUID, *, now: datetime, report: Report) -> None:
    """Compute profiles and cards of what came in, as of the day looked at; done again it comes to the same."""
    done = 0
    with databases.control.read(SYSTEM) as session:
        installs = installs_taken(session, run_id)
        at = viewpoint(session) or now
    while made := recompute_dirty(databases.control, databases.telemetry, now=at, limit=PROFILES_AT_ONCE):
        done += len(made)
        report("profiles", done, max(done, len(installs)))
    # The first ones had nobody yet to be compared with.
    for install_id in installs[:PROFILES_AT_ONCE]:
        with databases.control.write(SYSTEM) as control, databases.telemetry.read(SYSTEM) as telemetry:
            recompute(control, telemetry, install_id, now=at)
    for _ in count():
        with databases.control.write(SYSTEM) as control, databases.telemetry.read(SYSTEM) as telemetry:
            refreshed = refresh_cards(control, telemetry, now=at, limit=CARDS_AT_ONCE)
        if refreshed < CARDS_AT_ONCE:
            break
    report("cards", len(installs), len(installs))


def _look_from_the_end(session: WriteSession, actor: Actor, checked: Checked, *, now: datetime) -> None:
    """Look at everything as of the books' last day, unless something lives here that has no end yet."""
    if checked.books.as_of is not None and not is_demo(session) and not anybody_phones_home(session):
        set_viewpoint(session, actor, checked.end, source=f"the books of {checked.books.books}", now=now)
