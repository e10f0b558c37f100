"""Checks of access control: tenants kept apart, power in few hands, nobody forgotten, demo and real data apart."""

from typing import Final

from core.security.check import CRITICAL, MEDIUM, Category, Check, Judged, counted, not_assessed, part
from core.security.observed import Observed

# In a house of up to eight, two may hold the most power; in a larger one, a quarter.
FEW: Final = 2
SHARE_OF_STAFF: Final = 0.25
DORMANT_DAYS: Final = 90


def _row_security(seen: Observed) -> Judged:
    tables = seen.tables
    if tables.bypasses:
        return Judged(
            0.0,
            f"The login {tables.login} is not bound by row-level security at all.",
            f"pg_roles says that {tables.login} is a superuser or may bypass policies.",
            f"As superuser run: ALTER ROLE {tables.login} NOSUPERUSER NOBYPASSRLS",
        )
    bound = tables.tenant - len(tables.unbound)
    return Judged(
        part(bound, tables.tenant),
        f"All {tables.tenant} tables with tenants' rows are bound by row-level security."
        if not tables.unbound
        else f"Row-level security is off or not binding for {', '.join(tables.unbound[:3])}.",
        f"pg_class and pg_policy: {bound} of {counted(tables.tenant, 'table')} with policies that bind {tables.login}.",
        "Restore the policies: run python manage.py migrate --sql and compare.",
    )


def _power(seen: Observed) -> Judged:
    people = seen.people
    most = max(FEW, int(people.staff * SHARE_OF_STAFF))
    return Judged(
        min(1.0, part(most, people.powerful)),
        f"{people.powerful} of {counted(people.staff, 'person', 'people')} of the house are owners or admins.",
        f"Roles of people who can sign in; up to {most} is few for a house of {people.staff}.",
        "Give those who need less a lower role in People; the roles' view there says what each may do.",
    )


def _dormant(seen: Observed) -> Judged:
    people = seen.people
    awake = people.total - people.dormant
    return Judged(
        part(awake, people.total),
        f"Everybody who can sign in did so within {DORMANT_DAYS} days."
        if not people.dormant
        else f"{counted(people.dormant, 'account', 'accounts')} not used for {DORMANT_DAYS} days can still sign in.",
        f"Last sign-ins: {awake} of {counted(people.total, 'account')} used, or made, within {DORMANT_DAYS} days.",
        "Disable them in People, sorted by last sign-in; enabling again takes one click.",
    )


def _demo(seen: Observed) -> Judged:
    customers = seen.customers
    evidence = f"{counted(customers.demo, 'demo customer')}, {counted(customers.real, 'real customer')}."
    if not customers.real:
        return not_assessed(
            "There are no real customers here that demo data could stand beside.",
            "It is assessed from the first real customer on.",
            evidence,
        )
    return Judged(
        0.0 if customers.demo else 1.0,
        "Demo customers stand beside real ones." if customers.demo else "No demo data stands beside real customers.",
        evidence,
        "Take the demo out: python manage.py demo remove, and set CALOS_DEMO=0.",
    )


CHECKS: Final = (
    Check("row_security", Category.ACCESS, "The database keeps tenants apart", CRITICAL, _row_security),
    Check("few_powerful", Category.ACCESS, "Few people hold the most power", MEDIUM, _power),
    Check("dormant", Category.ACCESS, "Nobody is forgotten", MEDIUM, _dormant),
    Check("demo_apart", Category.ACCESS, "Demo data is kept away from real data", MEDIUM, _demo),
)
