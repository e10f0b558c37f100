"""Who sells: the vendor's legal entities, each with its bank details and numbers of its own."""

import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoice_document import BankDetails, Paper
from core.billing.invoices.addresses import Address, address_columns, address_from, checked_address
from core.errors import Conflict, InvalidInput, NotFound
from core.ids import new_id
from db.models.invoices import seller
from db.session import ReadSession, WriteSession

MOST_NET_DAYS: Final = 365
_PREFIX: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}")
_BANK: Final = ("bank_holder", "bank", "iban", "bic", "account", "routing")


@dataclass(frozen=True)
class NewSeller:
    """A legal entity as a person describes it; `prefix` begins its numbers, `net_days` is what it gives to pay."""

    address: Address
    prefix: str
    net_days: int = 30
    paper: Paper = "a4"
    registration: str | None = None
    bank: BankDetails | None = None
    footer: str = ""


@dataclass(frozen=True)
class Seller(NewSeller):
    """A legal entity as it stands."""

    id: UUID = field(kw_only=True)


def sellers(session: ReadSession, actor: Actor) -> tuple[Seller, ...]:
    """Return the vendor's legal entities, the oldest first, which is the one that sells unless a profile says else."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    return all_sellers(session)


def all_sellers(session: ReadSession) -> tuple[Seller, ...]:
    """Return them for writes that have asked for another permission."""
    rows = session.execute(select(seller).order_by(seller.c.created_at, seller.c.id))
    return tuple(_seller(row) for row in rows)


def add_seller(session: WriteSession, actor: Actor, new: NewSeller, *, now: datetime) -> Seller:
    """Add a legal entity; needs `invoice:finalize`. Conflict where its prefix is another's."""
    _may_change(actor)
    row = {"id": new_id(), "organization_id": actor.organization_id, "created_at": now, **_columns(new)}
    try:
        with session.connection.begin_nested():
            session.execute(insert(seller).values(row))
    except IntegrityError as taken:
        raise _prefix_taken(new.prefix) from taken
    _record(session, actor, "seller.added", row, now)
    return _by_id(session, row["id"])


def change_seller(session: WriteSession, actor: Actor, seller_id: UUID, changed: NewSeller, *, now: datetime) -> Seller:
    """Change a legal entity from the next invoice on: those that are out keep what they say."""
    _may_change(actor)
    _by_id(session, seller_id)
    row = _columns(changed)
    try:
        with session.connection.begin_nested():
            session.execute(update(seller).where(seller.c.id == seller_id).values(row))
    except IntegrityError as taken:
        raise _prefix_taken(changed.prefix) from taken
    _record(session, actor, "seller.changed", {"id": seller_id, **row}, now)
    return _by_id(session, seller_id)


def _may_change(actor: Actor) -> None:
    actor.require_vendor()
    actor.require(Permission.INVOICE_FINALIZE)


def _columns(new: NewSeller) -> dict[str, Any]:
    address, prefix = checked_address(new.address), new.prefix.strip().upper()
    if not _PREFIX.fullmatch(prefix):
        raise InvalidInput(
            "Give a prefix of 1 to 20 letters, digits and dashes: invoices of CALOS are numbered CALOS-2026-00001.",
            field="prefix",
        )
    if not 0 <= new.net_days <= MOST_NET_DAYS:
        raise InvalidInput(f"Give from 0 to {MOST_NET_DAYS} days to pay.", field="netDays")
    if not address.country:
        raise InvalidInput("Give the seller's country: the tax of every invoice follows from it.", field="country")
    bank = new.bank
    details = (bank.holder, bank.bank, bank.iban, bank.bic, bank.account, bank.routing) if bank else (None,) * 6
    return {
        "name": address.name,
        **address_columns(address),
        "registration": new.registration,
        **dict(zip(_BANK, details, strict=True)),
        "prefix": prefix,
        "net_days": new.net_days,
        "paper": new.paper,
        "footer": new.footer.strip(),
    }


def _by_id(session: ReadSession, seller_id: UUID) -> Seller:
    row = session.execute(select(seller).where(seller.c.id == seller_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such seller.")
    return _seller(row)


def _seller(row: Row[Any]) -> Seller:
    bank = BankDetails(row.bank_holder, row.bank, row.iban, row.bic, row.account, row.routing) if row.bank else None
    address = address_from(row, row.name)
    terms = (row.prefix, row.net_days, row.paper, row.registration, bank, row.footer)
    return Seller(address, *terms, id=row.id)


def _prefix_taken(prefix: str) -> Conflict:
    return Conflict(f"Another seller numbers with {prefix}. Choose a prefix of its own.", code="prefix_taken")


def _record(session: WriteSession, actor: Actor, action: str, row: dict[str, Any], now: datetime) -> None:
    after = {name: row[name] for name in ("name", "country", "prefix", "net_days")}
    audit.record(session, actor, action, ("seller", str(row["id"])), now=now, after=after)


def seller_said(of: Seller) -> dict[str, Any]:
    """Return a seller as an invoice keeps it from the day it is finalized."""
    return {
        "address": asdict(of.address),
        "registration": of.registration,
        "bank": asdict(of.bank) if of.bank else None,
        "footer": of.footer,
        "paper": of.paper,
    }
