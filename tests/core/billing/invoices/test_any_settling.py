"""Invoices, payments, refunds and credit notes in any order: what is due, what is credit and what is cash agree."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.accounts.invoicing import (
    credit_invoice,
    finalize_invoices,
    give_back,
    give_up,
    take_payment,
    void_invoice,
)
from core.billing.invoices.addresses import Address
from core.billing.invoices.credit import balances
from core.billing.invoices.finalizing import delete_draft
from core.billing.invoices.gaps import series
from core.billing.invoices.one_offs import OneOff, write_one_off
from core.billing.invoices.payments import NewPayment
from core.errors import Conflict
from core.money import Money
from db.models.costs import cash_entry
from db.models.invoices import credit_note, invoice, invoice_line, payment, payment_allocation
from db.session import WriteSession
from tests.cast import Cast
from tests.core.billing.invoices.shop import ABROAD, Shop

DAY = date(2026, 11, 20)
HOME = Address("Muster GmbH", ("Weg 1",), "10115", "Berlin", "DE")
STILL = ("number", "net_minor", "tax_minor", "total_minor", "due_on", "buyer_said", "seller_said", "issued_on")
MINOR = st.integers(1, 1_500)
LINES = st.lists(st.tuples(st.integers(1, 3), st.integers(-400, 900)), min_size=1, max_size=3)
WHICH = st.integers(0, 3)
ACTS = st.one_of(
    st.tuples(st.sampled_from(["write", "issue"]), st.integers(0, 1), LINES),
    st.tuples(st.sampled_from(["finalize", "delete", "void", "give up"]), WHICH, st.none()),
    st.tuples(st.sampled_from(["pay", "refund"]), WHICH, st.one_of(st.none(), MINOR)),
    st.tuples(st.just("credit"), WHICH, st.one_of(st.none(), st.tuples(WHICH, MINOR))),
)


@dataclass
class Books:
    """Two customers, one with tax, one without, with few invoices, and the acts that people try on their invoices."""

    shop: Shop
    whose: list[UUID]
    invoices: list[UUID] = field(default_factory=list)
    payments: list[UUID] = field(default_factory=list)
    still: dict[UUID, tuple[Any, ...]] = field(default_factory=dict)

    def do(self, act: str, place: int, what: Any) -> None:
        """Try one act; what is refused must leave everything as it was."""
        if act in ("write", "issue"):
            lines = [OneOff("Work", Decimal(many), Decimal(cents).scaleb(-2)) for many, cents in what]
            made = write_one_off(
                self.shop.session, self.shop.cast.sam, self.whose[place], "EUR", lines, now=self.shop.now
            )
            self.invoices.append(made)
            if act == "issue":
                self.do("finalize", -1, None)
            return
        known = self.payments if act == "refund" else self.invoices
        if known:
            with suppress(Conflict), self.shop.session.connection.begin_nested():
                self._acts()[act](known[place % len(known)], what)

    def _acts(self) -> dict[str, Callable[[UUID, Any], Any]]:
        session, by, now = self.shop.session, self.shop.cast.fiona, self.shop.now
        return {
            "finalize": lambda key, _: finalize_invoices(session, by, [key], now=now),
            "delete": self._delete,
            "void": lambda key, _: void_invoice(session, by, key, reason="Wrong", now=now),
            "give up": lambda key, _: give_up(session, by, key, reason="Gone", now=now),
            "pay": self._pay,
            "refund": self._refund,
            "credit": self._credit,
        }

    def _delete(self, key: UUID, _: None) -> None:
        delete_draft(self.shop.session, self.shop.cast.fiona, key, now=self.shop.now)
        self.invoices.remove(key)

    def _pay(self, key: UUID, minor: int | None) -> None:
        amount = None if minor is None else Money(minor, "EUR")
        given_ = NewPayment(key, "wire", amount, DAY)
        self.payments.append(take_payment(self.shop.session, self.shop.cast.fiona, given_, now=self.shop.now).id)

    def _refund(self, key: UUID, minor: int | None) -> None:
        amount, now = None if minor is None else Money(minor, "EUR"), self.shop.now
        give_back(self.shop.session, self.shop.cast.fiona, key, amount=amount, refunded_on=DAY, reason="Back", now=now)

    def _credit(self, key: UUID, what: tuple[int, int] | None) -> None:
        lines: dict[UUID, Money | None] | None = None
        if what is not None:
            own = self.shop.lines(key)
            lines = {own[what[0] % len(own)].id: Money(what[1], "EUR")}
        by = self.shop.cast.fiona
        credit_invoice(self.shop.session, by, key, reason="Agreed", now=self.shop.now, lines=lines)

    def check(self) -> None:
        """Hold the sums of all tables against each other."""
        rows = self.shop.session.execute(select(invoice).where(invoice.c.organization_id.in_(self.whose))).all()
        for row in rows:
            self._check_one(row)
        for whom in self.whose:
            self._check_customer(whom, [row for row in rows if row.organization_id == whom])
        for one in series(self.shop.session, self.shop.cast.fiona):
            assert one.lacking == 0, one
        assert len({row.number for row in rows if row.number}) == sum(row.number is not None for row in rows)

    def _check_one(self, row: Any) -> None:
        due = row.total_minor - row.paid_minor - row.credited_minor
        assert row.state == "draft" or due >= 0
        assert (row.state == "paid") == (row.state not in ("draft", "void") and due == 0), row
        lines = invoice_line.c
        sums = select(func.sum(lines.net_minor), func.sum(lines.tax_minor)).where(lines.invoice_id == row.id)
        assert tuple(self.shop.session.execute(sums).one()) == (row.net_minor, row.tax_minor)
        assert self._sum(payment_allocation.c.amount_minor, payment_allocation.c.invoice_id == row.id) == row.paid_minor
        assert self._sum(credit_note.c.total_minor, credit_note.c.invoice_id == row.id) <= row.total_minor or (
            row.state == "draft"
        )
        if row.state != "draft":
            said = tuple(getattr(row, name) for name in STILL)
            assert self.still.setdefault(row.id, said) == said

    def _check_customer(self, whom: UUID, rows: list[Any]) -> None:
        """What came in, less what went back, less notes, less what was asked is what is credit, less what is due."""
        out = [row for row in rows if row.state not in ("draft", "void")]
        asked = sum(row.total_minor for row in out)
        due = sum(row.total_minor - row.paid_minor - row.credited_minor for row in out)
        came = self._sum(payment.c.amount_minor, payment.c.organization_id == whom)
        noted = self._sum(credit_note.c.total_minor, credit_note.c.organization_id == whom)
        held = balances(self.shop.session, [whom]).get((whom, "EUR"), 0)
        assert held >= 0
        assert came + noted - asked == held - due
        ids = select(func.cast(payment.c.id, cash_entry.c.external_id.type)).where(payment.c.organization_id == whom)
        assert self._sum(cash_entry.c.amount_minor, cash_entry.c.external_id.in_(ids)) == came

    def _sum(self, column: Any, condition: Any) -> int:
        return int(self.shop.session.execute(select(func.coalesce(func.sum(column), 0)).where(condition)).scalar_one())


# What takes off leaves less to credit than its neighbor's line; a note after payment is credit that a refund uses up.
@example(acts=[("issue", 1, [(1, 900), (1, -800)]), ("credit", 0, (0, 500)), ("credit", 0, None)])
@example(
    acts=[("issue", 0, [(3, 900)]), ("pay", 0, 3_500), ("credit", 0, None), ("issue", 0, [(1, 5)]), ("refund", 0, None)]
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, min_size=6, max_size=20))
def test_whatever_is_done_the_books_agree(
    session: WriteSession, cast: Cast, now: datetime, acts: list[tuple[str, int, Any]]
) -> None:
    with session.connection.begin_nested() as around:
        shop = Shop(session, cast, now)
        books = Books(shop, [shop.customer(HOME), shop.customer(ABROAD)])
        for act in acts:
            books.do(*act)
            books.check()
        around.rollback()
