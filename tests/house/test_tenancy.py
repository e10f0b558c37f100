"""The second lock: which tables open to doors without an actor, and what a connection without a scope sees."""

from sqlalchemy import text

from core.databases import Databases
from db.session import SYSTEM
from tests.cast import Cast

# What sign-in, the look-up of sessions, verification and ingest need before anybody is known.
OPEN_TO_DOORS = {
    "organization": "which realm a person or license belongs to",
    "brand": "the sign-in page of a customer's own host name",
    "domain": "which customer a host name is",
    "logo": "the picture on the sign-in page of a customer's own host name",
    "person": "who signs in",
    "session": "whose request it is",
    "audit_entry": "sign-ins and refusals are recorded",
    "outbox": "a first verification is announced",
    "trusted_key": "who may have signed a license key",
    "license": "the verdict, and whose telemetry it is",
    "installation": "activation and check-in",
    "decision": "the log of verdicts",
    "seat_lease": "seats are taken, kept and given back",
    "telemetry_opt_out": "whose telemetry is not taken, by their choice",
    "event": "ingest stores it",
    "hour_rollup": "ingest counts it",
    "feature_rollup": "likewise",
    "actor_rollup": "likewise",
    "feature_actor_rollup": "likewise",
    "facet_rollup": "likewise",
    "ingest_quota": "ingest counts what was taken",
    "ingest_refusal": "likewise, why something was refused",
    "last_payload": "the door keeps what came last, for the customer to see",
    "dirty_install": "ingest marks what to recompute",
    "usage_record": "installs report metered usage",
    "usage_day": "likewise, by day",
    "limit_override": "verification tells the limits in force",
    "license_file": "an installation gets its own with its secret",
}

PROTECTED = text("SELECT DISTINCT tablename FROM pg_policies WHERE schemaname = 'public' ORDER BY tablename")
AT_DOORS = text("SELECT tablename FROM pg_policies WHERE schemaname = 'public' AND policyname = 'door'")


def test_few_tables_open_to_doors_each_for_a_reason(databases: Databases) -> None:
    with databases.control.read(SYSTEM) as session:
        found = set(session.execute(AT_DOORS).scalars())
    assert sorted(found - set(OPEN_TO_DOORS)) == [], "Say what for."
    assert sorted(set(OPEN_TO_DOORS) - found) == [], "No longer open: take it off the list."


def test_a_connection_without_a_scope_sees_no_row(databases: Databases, cast: Cast) -> None:
    with databases.control.engine.connect() as connection, connection.begin():
        protected = connection.execute(PROTECTED).scalars().all()
        assert {"organization", "person", "session", "license", "movement", "audit_entry", "event"} <= set(protected)
        seen = {one: connection.exec_driver_sql(f'SELECT EXISTS (SELECT FROM "{one}")').scalar() for one in protected}
    assert [one for one, any_row in seen.items() if any_row] == []
