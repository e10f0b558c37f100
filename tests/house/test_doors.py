"""Where tables are touched and sessions opened: in few files, each listed here with its reason."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import all_files, imports, is_in, name, product_files, python_files, tree

# Beside reads.py and writes.py of every domain, which need no reason.
NARROW_STATEMENTS = {
    "api/once.py": "the answers kept for Idempotency-Key are the door's own, in the transaction of the work",
    "core/access/audit.py": "the one insert that every write of every domain uses",
    "core/access/audit_reads.py": "the trail as people search it",
    "core/access/chain_verification.py": "walks a chain entry by entry beside its checkpoints",
    "core/access/credentials_file.py": "adds the people of a file who are not there yet",
    "core/access/directory.py": "people as they are looked up",
    "core/access/membership.py": "what happens to people after they joined",
    "core/access/password_changes.py": "the one place that replaces a hash on purpose",
    "core/access/people.py": "people as they are added",
    "core/access/proof.py": "compares, counts and locks out, for a caller nobody knows yet",
    "core/access/sealing.py": "chains entries that wait, under a lock of the chain's head",
    "core/access/session_watch.py": "one read for all open connections",
    "core/access/sessions.py": "rows that are read at every request, before an actor is known",
    "core/access/setup.py": "the link that makes the first owner",
    "core/access/standing.py": "locks the rows of those who are compared",
    "core/accounts/agreement_list.py": "one list over subscriptions, whose they are, and what waits",
    "core/accounts/belongings.py": "every domain's rows about a license that changes hands",
    "core/accounts/bulk.py": "counts what an act on many licenses touches, and puts them in order",
    "core/accounts/card_facts.py": "gathers a card from every domain below it",
    "core/accounts/cards.py": "writes the cards, which repeat what other tables say",
    "core/accounts/crm.py": "the row of the upsell that a deal is made of",
    "core/accounts/digests.py": "subscriptions with whose they are",
    "core/accounts/facts.py": "sums over the cards, for the catalogue of numbers",
    "core/accounts/happenings.py": "looks through the tables of every domain below for what is new",
    "core/accounts/invoice_mail.py": "notes when an invoice was sent",
    "core/accounts/limit_mail.py": "whom a customer's limit concerns",
    "core/accounts/limit_notices.py": "the levels that were crossed, beside where licenses stand",
    "core/accounts/health_worth.py": "two columns of the cards, beside each other",
    "core/accounts/listing.py": "any condition on a card's fields, for questions and exports",
    "core/accounts/news.py": "what is new, across the domains below",
    "core/accounts/orders.py": "orders of a list as expressions over its columns",
    "core/accounts/portfolio.py": "sums over cards, profiles and spells of archetypes",
    "core/accounts/timeline_sources.py": "one order over the rows of every domain below",
    "core/culture/archetype_history.py": "a row where an archetype changed, beside the profile it is of",
    "core/culture/comparisons.py": "reads of other installs, for what one is compared with",
    "core/culture/keeping.py": "what a computed profile leaves behind, many installs at a time",
    "core/culture/snapshots.py": "health of past days, and what it is held against",
    "core/culture/upsell_contacts.py": "the calls that sales note, and what the rules ask of them",
    "core/culture/upsell_reads.py": "the list that sales work, beside the profiles that reads.py gives",
    "core/culture/upsell_facts.py": "sums over the list that sales work, for the catalogue of numbers",
    "core/demo/mails.py": "asks for the installs of the customers that are told",
    "core/demo/removal.py": "removes rows of every domain, and nothing else",
    "core/demo/world.py": "asks how far an interrupted build came",
    "core/billing/stripe/invoice_writes.py": "an invoice as Stripe issued it, numbered and reckoned elsewhere",
    "core/billing/price_lists.py": "every price that ever stood, for the page of plans",
    "core/billing/price_writes.py": "the pen of the price lists, which only adds",
    "core/billing/custom_prices.py": "what is asked of one customer in place of the list",
    "core/billing/charges_priced.py": "what usage costs, version by version",
    "core/billing/coupons.py": "coupons under the lock of whoever redeems the last one",
    "core/billing/tax_rates.py": "rates of tax from a day on",
    "core/billing/scheduled.py": "changes that wait for their day: asked for, taken back, settled once",
    "core/billing/invoices/ageing.py": "sums of what is owed, and how customers pay",
    "core/billing/invoices/credit.py": "the ledger of credit, and what settles an invoice",
    "core/billing/invoices/credit_notes.py": "corrections, and what is left of each line",
    "core/billing/invoices/document.py": "what seller and buyer were called when it was finalized",
    "core/billing/invoices/drafting.py": "drafts of a month, many customers at a time",
    "core/billing/invoices/due.py": "what is agreed, beside what is billed already",
    "core/billing/invoices/dunning.py": "steps due and taken",
    "core/billing/invoices/failures.py": "payments that did not come",
    "core/billing/invoices/finalizing.py": "the states of an invoice, and its numbers",
    "core/billing/invoices/gaps.py": "the counter beside the papers that carry its numbers",
    "core/billing/invoices/given_back.py": "what of lines has gone back, by notes and as unused time",
    "core/billing/invoices/listings.py": "lines of many invoices, and everybody's credit notes",
    "core/billing/invoices/numbering.py": "the counter, whose row is the lock",
    "core/billing/invoices/one_offs.py": "drafts that a person wrote",
    "core/billing/invoices/past.py": "invoices as they were, many at a time",
    "core/billing/invoices/payment_reads.py": "payments beside what they settle",
    "core/billing/invoices/payments.py": "the pen of payments",
    "core/billing/invoices/profiles.py": "how a customer is billed, beside its own record",
    "core/billing/invoices/refunds.py": "what is left of a payment to give back",
    "core/billing/invoices/runs.py": "runs with what became of each customer",
    "core/billing/invoices/sellers.py": "the vendor's legal entities",
    "core/billing/invoices/usage_lines.py": "licenses as they were paid for last in a month",
    "core/billing/invoices/worklist.py": "a list in the order of what wants a hand, and what it holds",
    "core/billing/invoices/written_lines.py": "lines of drafts, many at a time",
    "core/finance/booked.py": "cost and cash entries as they stand, the same statement over two tables",
    "core/finance/booking.py": "the pen of the two append-only ledgers of costs and cash",
    "core/finance/cash.py": "one sum over the cash ledger",
    "core/finance/cost_alerts.py": "rules and what they found, held and let go",
    "core/finance/cost_watch.py": "who looks after costs, to be mailed",
    "core/finance/cost_rates.py": "rates of cost, added and ended",
    "core/finance/metered_costs.py": "whose installs are priced, and what is booked already",
    "core/finance/saved_scenarios.py": "scenarios by name",
    "core/finance/costs.py": "one sum over the cost ledger, by the dimensions of the catalogue",
    "core/finance/policy_reads.py": "versions of the policy, and what customers had as figures under any are made of",
    "core/finance/policy_writes.py": "the one insert of a new version of the policy",
    "core/finance/plans.py": "who pays for which tier, and who holds one unpaid",
    "core/finance/days.py": "sums by the day, which the database keeps beside the movements",
    "core/finance/changes.py": "every movement as four columns, fetched as they come",
    "core/finance/rebuild.py": "tells the ledger and its days anew, beside what stands",
    "core/finance/promised.py": "invoices and subscriptions side by side, day by day",
    "core/finance/drill.py": "the rows behind a figure of the ledger, by key",
    "core/finance/flows.py": "what moved, grouped: the one statement behind every sum of the ledger",
    "core/licensing/acts.py": "locks the license that an act is upon, and writes its columns",
    "core/licensing/attention.py": "conditions over a license's dates, for reads.py to run",
    "core/licensing/branding.py": "from an install to the brand of its customer, before anybody is known",
    "core/licensing/file_register.py": "files that are out, never changed, and what making one asks of other tables",
    "core/licensing/decisions.py": "the log of decisions, and one made again",
    "core/licensing/decision_retention.py": "deletes answers long followed by others",
    "core/licensing/handover.py": "changes hands, installations and secrets, which writes.py has no room for",
    "core/licensing/in_the_field.py": "installations across licenses, by version and by silence",
    "core/licensing/past_licenses.py": "licenses given before Calos kept them, many at a time",
    "core/licensing/releases.py": "what was released, which every domain above compares with",
    "core/licensing/seats.py": "leases as staff see and end them, and as the job culls them",
    "core/licensing/status.py": "the status rule as an expression, beside the same rule in Python",
    "core/notify/deliveries.py": "what is on its way to destinations, and its log",
    "core/notify/delivering.py": "what came of one try",
    "core/notify/destination_writes.py": "destinations with their sealed secrets",
    "core/organizations/marks.py": "the marks that every domain below the card leaves",
    "core/organizations/past_customers.py": "customers that another system had, many at a time",
    "core/organizations/viewpoint.py": "one row that every door asks for",
    "core/security/observing.py": "counts what the security score is judged by",
    "core/telemetry/adoption.py": "versions by the week, counted from one plane and kept on the other",
    "core/telemetry/delivery.py": "how events arrived, over all installs",
    "core/telemetry/bundle_receipts.py": "bundles, each with how far it was taken",
    "core/telemetry/counting.py": "counts over the events of one install that no roll-up holds",
    "core/telemetry/manifest.py": "the last payload, and how much was taken, for the customer to see",
    "core/telemetry/retention.py": "what is past its time, table by table",
    "core/telemetry/opt_out.py": "the choice to send nothing, and what is erased with it",
    "core/usage/facts.py": "sums over every customer's usage, for the catalogue of metrics",
    "core/usage/records.py": "counts a record once, whatever is retried",
    "core/usage/standings.py": "where every license stands, narrowed, ordered and counted",
}

# Beside api/ (a request is a transaction) and core/jobs/ (a job is one).
DOORS = {
    "manage.py": "a command is one transaction",
    "pages/parts/load.py": "a screen reads and changes through it",
    "pages/parts/session.py": "who is looking is asked anew in every run",
    "core/accounts/invoice_runs.py": "a run of invoices is worked off batch by batch, each committed by itself",
    "core/organizations/operating.py": "a command is one transaction",
    "core/imports/commands.py": "likewise",
    "core/finance/commands.py": "likewise",
    "core/ask/door.py": "a model may think for seconds between the words and the figures: no transaction waits",
    "core/ask/reader.py": "questions read as a login of their own",
    "core/culture/snapshots.py": "past health is told install by install, and each is committed by itself",
    "core/culture/writes.py": "recomputing goes install by install, and each is committed by itself",
    "core/demo/bundles.py": "hands bundles to what takes them in steps that commit",
    "core/demo/removal.py": "removes a world in steps that commit",
    "core/demo/security.py": "seals in steps that commit, before what is sealed is verified",
    "core/demo/world.py": "builds a world in steps that commit",
    "core/doctor/database.py": "looks at what the doors would open",
    "core/imports/applying.py": "takes books over in batches, each committed with its markers on either plane",
    "core/telemetry/console.py": "retention goes table by table, and each step is committed",
    "core/telemetry/carrying.py": "a bundle is taken some thousand events at a time, each with how far that is",
    "core/imports/stripe/running.py": "Stripe is asked between transactions, each of which keeps what came",
    "core/imports/chartmogul/console.py": "invoices batch by batch, each committed with its markers",
    "core/imports/running.py": "an import commits step by step, so that it can go on where it was stopped",
}

# Connections that are no session of SQLAlchemy's.
CONNECTIONS = {
    "db/session.py": "makes them",
    "db/migrate.py": "the owner's, for migrations",
    "core/demo/removal.py": "the owner's: append-only tables take no DELETE from the app's login",
    "core/jobs/alone.py": "holds a lock or listens for as long as the process lives",
    "core/licensing/seat_door.py": "floating seats: raw psycopg, under the license's lock",
    "core/licensing/door.py": "verification: raw psycopg, one grouped read",
    "core/telemetry/door.py": "ingest: raw psycopg, one prepared statement",
}
MAKERS = {"create_engine", "create_async_engine", "AsyncConnectionPool", "ConnectionPool"}


def test_tables_are_touched_in_few_named_files() -> None:
    touching = {
        name(path)
        for path in product_files()
        if not name(path).startswith("db/") and path.name not in {"reads.py", "writes.py"} and _touches_tables(path)
    }
    unlisted = sorted(touching - set(NARROW_STATEMENTS))
    assert unlisted == [], (
        "SQL belongs in reads.py or writes.py of its domain; a narrow file is listed with its reason."
    )
    assert sorted(set(NARROW_STATEMENTS) - touching) == [], "These no longer touch a table: take them off the list."


def _touches_tables(path: Path) -> bool:
    return any(is_in(module, "db.models") for _, module in imports(path))


def test_screens_touch_no_table() -> None:
    assert [name(path) for path in python_files("pages") if _touches_tables(path)] == []


def test_sessions_are_opened_only_at_the_doors() -> None:
    opening = {name(path) for path in product_files() if any(_openings(path))}
    inside = {path for path in opening if not path.startswith(("api/", "core/jobs/", "db/"))}
    assert sorted(inside - set(DOORS)) == [], "Take a session as an argument; the door that calls opens it."
    assert sorted(set(DOORS) - inside) == [], "These no longer open a session: take them off the list."


def _openings(path: Path) -> Iterator[int]:
    """Yield the lines that open a session of a plane, or hand over the way to open one."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and node.attr in {"read", "write"} and _is_plane(node.value):
            yield node.lineno
        if isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                call = item.context_expr
                if (
                    isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Attribute)
                    and call.func.attr in {"read", "write"}
                ):
                    yield node.lineno


def _is_plane(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in {"control", "telemetry"}


def test_connections_are_made_in_few_named_files() -> None:
    making = {name(path) for path in product_files() if any(_connections(path))}
    assert sorted(making - set(CONNECTIONS)) == [], "Use the session the door opened."
    assert sorted(set(CONNECTIONS) - making) == [], "These no longer connect: take them off the list."


def _connections(path: Path) -> Iterator[int]:
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.value if isinstance(node.func, ast.Subscript) else node.func
        if isinstance(called, ast.Name) and called.id in MAKERS:
            yield node.lineno
        if isinstance(called, ast.Attribute) and called.attr == "connect" and "psycopg" in ast.unparse(called.value):
            yield node.lineno


def test_the_product_knows_neither_its_tests_nor_its_commands() -> None:
    for path in product_files():
        if not name(path).startswith("scripts/"):
            wrong = [module for _, module in imports(path) if is_in(module, "tests", "scripts", "manage", "app")]
            assert wrong == [], name(path)


def test_what_customers_embed_knows_nothing_of_ours() -> None:
    for path in python_files("client"):
        wrong = [module for _, module in imports(path) if is_in(module, "core", "db", "api", "pages", "tests")]
        assert wrong == [], name(path)


def test_rows_leave_the_core_as_values() -> None:
    """ORM rows in the hands of a page or a route would load on touch, outside of their transaction."""
    for path in all_files():
        wrong = [
            module for _, module in imports(path) if module in {"sqlalchemy.orm.Session", "sqlalchemy.orm.sessionmaker"}
        ]
        assert wrong == [], name(path)
