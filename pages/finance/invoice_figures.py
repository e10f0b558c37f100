"""What the head of an invoice says at once: whose it is, how it stands, what it asks for and what is left."""

from datetime import date

import streamlit as st

from core.billing.invoices.states import Invoice
from pages.parts import format as say
from pages.parts import pills
from pages.parts.cards import Definition, Tile
from pages.parts.invoice_rows import standing, when_due


def about(of: Invoice) -> str:
    """What it bills, and since when it is out."""
    issued = f"issued {say.day(of.issued_on)}" if of.issued_on else "not issued yet"
    return f"bills {say.month(of.month)}; {issued}" if of.month else issued


def badges(of: Invoice, day: date) -> None:
    """Its state, and what is special about it."""
    marks = [pills.inline("status", standing(of, day))]
    if of.paid and of.state == "open":
        marks.append(":orange-badge[Paid in part]")
    if of.dunning_paused:
        marks.append(":gray-badge[Reminders paused]")
    about = [
        f"Reference {of.reference}" if of.reference else "",
        f"sent {say.day(of.sent_at)}" if of.sent_at else "not sent by mail yet" if of.state == "open" else "",
    ]
    said = " · ".join(say.plain(each) for each in about if each)
    st.markdown(" ".join(marks) + (f" :gray[{said}]" if said else ""))


def tiles(of: Invoice, day: date) -> list[Tile]:
    """Left to pay, total, paid, due."""
    return [_left(of), _total(of), _settled(of), _due(of, day)]


def _left(of: Invoice) -> Tile:
    note = {"draft": "a draft asks for nothing yet", "void": "void: nobody owes it", "paid": "paid in full"}
    given_up = "given up; a payment still settles it"
    return Tile(
        "left",
        "To be asked for" if of.state == "draft" else "Left to pay",
        say.amount(of.due if of.state != "draft" else of.total),
        note=note.get(of.state, given_up if of.state == "uncollectible" else "of what it asks for"),
        definition=Definition("What is still to be paid of it.", "total − paid − credited"),
    )


def _total(of: Invoice) -> Tile:
    off = f", {say.amount(of.discount)} off" if of.discount else ""
    return Tile(
        "total",
        "Total",
        say.amount(of.total),
        note=f"{say.amount(of.net)} and {say.amount(of.tax)} tax{off}",
        definition=Definition(
            "Its lines after discounts, with tax.", "net + tax", policy="Each line is rounded once, half up."
        ),
    )


def _settled(of: Invoice) -> Tile:
    return Tile(
        "paid",
        "Paid",
        say.amount(of.paid),
        note=f"and {say.amount(of.credited)} credited" if of.credited else "nothing credited",
        definition=Definition(
            "What payments and the customer's credit have settled of it. Credit notes make less of it due."
        ),
    )


def _due(of: Invoice, day: date) -> Tile:
    return Tile(
        "due",
        "Due",
        say.day(of.due_on) if of.due_on else say.DASH,
        note=when_due(of, day) or ("on the day it is issued, plus net days" if of.state == "draft" else ""),
        definition=Definition("The last day in time: the day of issue and the days that the customer has to pay."),
    )
