"""What is finalized stays as it is: the database itself refuses the app's login any change of its content."""

import os
from datetime import date, datetime
from typing import Any

import psycopg
import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from core.billing.invoices.credit_notes import issue_credit_note
from core.billing.invoices.finalizing import delete_draft, finalize, mark_uncollectible, void
from core.databases import Databases
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from core.ids import new_id
from core.money import Money
from db.models.invoices import billed_item, credit_note, credit_note_line, invoice, invoice_line, invoice_tax, payment
from db.session import SYSTEM, WriteSession
from tests.cast import Cast
from tests.core.billing.invoices.shop import Shop, on


def refused(session: WriteSession, act: Any, words: str) -> None:
    savepoint = session.connection.begin_nested()
    with pytest.raises(DBAPIError, match=words):
        session.execute(act)
    savepoint.rollback()


def test_neither_content_nor_lines_can_be_altered(session: WriteSession, cast: Cast, now: datetime) -> None:
    shop = Shop(session, cast, now)
    made = shop.open(shop.customer())
    mine, on_it = invoice.c.id == made.id, invoice_line.c.invoice_id == made.id
    for column, value in (("total_minor", 1), ("number", "X"), ("due_on", date(2030, 1, 1)), ("buyer_said", {})):
        refused(session, update(invoice).where(mine).values({column: value}), "finalized and cannot be changed")
    refused(
        session, update(invoice).where(mine).values(state="draft", number=None, issued_on=None), "cannot be changed"
    )
    refused(session, delete(invoice).where(mine), "cannot be deleted")
    refused(session, update(invoice_line).where(on_it).values(net_minor=1), "finalized and cannot be changed")
    refused(session, update(invoice_line).where(on_it).values(text="Less"), "finalized and cannot be changed")
    refused(session, delete(invoice_line).where(on_it), "finalized and cannot be changed")
    tax = {"invoice_id": made.id, "organization_id": made.organization_id, "category": "S", "rate": 19}
    row = insert(invoice_tax).values(**tax, base_minor=1, tax_minor=0)
    refused(session, row, "finalized and cannot be changed")
    assert shop.invoice(made.id) == made


def test_what_is_settled_may_move(session: WriteSession, cast: Cast, now: datetime) -> None:
    shop = Shop(session, cast, now)
    made = shop.open(shop.customer())
    session.execute(update(invoice).where(invoice.c.id == made.id).values(paid_minor=1, dunning_paused=True))
    refused(session, update(invoice).where(invoice.c.id == made.id).values(paid_minor=10_001), "within_total")


def test_a_draft_changes_freely_and_its_lines_stay_on_it(session: WriteSession, cast: Cast, now: datetime) -> None:
    shop = Shop(session, cast, now)
    whom = shop.customer()
    draft, other = shop.by_hand(whom), shop.open(whom)
    mine = invoice_line.c.invoice_id == draft
    session.execute(update(invoice_line).where(mine).values(text="Training"))
    refused(session, update(invoice_line).where(mine).values(invoice_id=other.id), "stays on its invoice")
    delete_draft(session, cast.sam, draft, now=now)
    with pytest.raises(NotFound):
        shop.invoice(draft)
    with pytest.raises(Conflict, match="This invoice is open"):
        delete_draft(session, cast.sam, other.id, now=now)


@pytest.mark.parametrize("table", [credit_note, credit_note_line, payment])
def test_corrections_and_payments_are_only_added(session: WriteSession, cast: Cast, table: Any) -> None:
    for act in (update(table).values(organization_id=cast.globex), delete(table)):
        refused(session, act, "permission denied")


def test_void_gives_back_what_it_billed_and_keeps_its_number(session: WriteSession, cast: Cast, now: datetime) -> None:
    shop = Shop(session, cast, now)
    whom = shop.customer()
    shop.sell(whom, 4_900, on(date(2026, 10, 3)))
    [draft] = shop.draft(whom, date(2026, 11, 1)).invoice_ids
    finalize(session, cast.fiona, [draft], now=now)
    assert shop.draft(whom, date(2026, 11, 1)).invoice_ids == ()
    with pytest.raises(InvalidInput, match="Say why"):
        void(session, cast.adam, draft, reason=" ", now=now)
    void(session, cast.adam, draft, reason="Wrong customer", now=now)
    assert (shop.invoice(draft).state, shop.invoice(draft).due.minor) == ("void", 0)
    keys = select(billed_item.c.key).where(billed_item.c.organization_id == whom)
    assert session.execute(keys).all() == []
    [again] = shop.draft(whom, date(2026, 11, 1)).invoice_ids
    assert [line.net.minor for line in shop.lines(again)] == [4_900]


def test_what_is_settled_in_part_is_credited_not_voided(session: WriteSession, cast: Cast, now: datetime) -> None:
    shop = Shop(session, cast, now)
    made = shop.open(shop.customer())
    [line] = shop.lines(made.id)
    issue_credit_note(session, cast.adam, made.id, reason="Late", now=now, lines={line.id: Money(500, "USD")})
    with pytest.raises(Conflict, match="settled in part"):
        void(session, cast.adam, made.id, reason="x", now=now)
    mark_uncollectible(session, cast.adam, made.id, reason="Insolvent", now=now)
    assert shop.invoice(made.id).state == "uncollectible"
    with pytest.raises(Conflict, match="uncollectible"):
        mark_uncollectible(session, cast.adam, made.id, reason="x", now=now)


def test_who_may(session: WriteSession, cast: Cast, now: datetime) -> None:
    shop = Shop(session, cast, now)
    made = shop.open(shop.customer())
    for actor in (cast.sam, cast.mia, cast.vera):
        with pytest.raises(NotPermitted, match="invoice:finalize"):
            void(session, actor, made.id, reason="x", now=now)
    with pytest.raises(NotPermitted, match="vendor's console"):
        void(session, cast.otto, made.id, reason="x", now=now)
    for actor in (cast.mia, cast.vera):
        with pytest.raises(NotPermitted, match="invoice:create"):
            delete_draft(session, actor, new_id(), now=now)


def test_the_owner_alone_takes_a_finalized_one_out(databases: Databases, cast: Cast, now: datetime) -> None:
    """As a demo world is taken out again; to alter it is refused even then."""
    with databases.control.write(SYSTEM) as session:
        shop = Shop(session, cast, now)
        made = shop.open(shop.customer())
    url = make_url(os.environ["CALOS_TEST_SERVER"]).set(database=make_url(databases.control_url).database)
    with psycopg.connect(url.render_as_string(hide_password=False)) as owner:
        with pytest.raises(psycopg.errors.CheckViolation, match="cannot be changed"), owner.transaction():
            owner.execute("UPDATE invoice SET total_minor = 1 WHERE id = %s", (made.id,))
        for table in ("invoice_line", "invoice_tax"):
            owner.execute(f"DELETE FROM {table} WHERE invoice_id = %s", (made.id,))
        assert owner.execute("DELETE FROM invoice WHERE id = %s", (made.id,)).rowcount == 1
