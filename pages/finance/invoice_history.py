"""What was done about an invoice: reminders sent and still to come, and every act of a person, the newest first."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import streamlit as st

from core.access.actor import Actor
from core.access.audit_reads import AuditEntry, Search, search
from core.access.permissions import Permission
from core.billing.invoices.dunning import Notice, Step, notices_of, steps
from core.billing.invoices.states import Invoice
from db.session import ReadSession
from pages.parts import format as say
from pages.parts import links
from pages.parts.cards import card
from pages.parts.load import load, minute

_ACTS: Final[Mapping[str, str]] = {
    "invoice.drafted": "drafted it",
    "invoice.written": "wrote it",
    "invoice.finalized": "issued it",
    "invoice.sent": "sent it by mail",
    "invoice.voided": "voided it",
    "invoice.uncollectible": "gave it up",
    "invoice.dunning_paused": "paused its reminders",
    "invoice.dunning_resumed": "resumed its reminders",
    "credit_note.issued": "credited it",
    "payment.recorded": "recorded a payment",
    "payment.refunded": "gave a payment back",
}


def show(actor: Actor, of: Invoice) -> None:
    """Draw the card."""
    place = card("history", "Reminders and acts", "What was sent, what comes next, and who did what", height="content")
    with place.right:
        if actor.may(Permission.AUDIT_READ):
            links.link("mails", "Mails", {"q": of.number or of.customer}, icon="mail")
            links.link("audit", "Audit", {"q": str(of.id)}, icon="history")
    with place.body:
        if of.state != "draft":
            _reminders(actor, of)
        _acts(actor, of)


def _reminders(actor: Actor, of: Invoice) -> None:
    taken = load(notices_of, actor, of.id)
    for one in taken:
        went = "by mail" if one.mail_id else "no mail went: the customer has no e-mail for invoices"
        st.markdown(
            f":orange-badge[Reminder] {say.count(one.days, 'day')} after it was due: "
            f"{say.moment(one.sent_at)}, {say.plain(went)}"
        )
    coming = _next(of, load(_steps, actor), taken)
    if coming:
        st.caption(say.plain(coming))


def _steps(session: ReadSession, _actor: Actor) -> tuple[Step, ...]:
    return steps(session)


def _next(of: Invoice, schedule: Sequence[Step], taken: Sequence[Notice]) -> str:
    """What comes next, in a sentence; nothing of an invoice that nobody is asked for."""
    if of.state != "open" or of.due_on is None:
        return ""
    if of.dunning_paused:
        return "No reminder goes out: they are paused for this invoice."
    last = max((one.days for one in taken), default=-1)
    left = [one for one in schedule if one.days > last]
    if not left:
        return "Every reminder of the schedule was sent. Call the customer, or give the invoice up."
    due = of.due_on + timedelta(days=left[0].days)
    when = "with the next run of reminders" if due <= minute().date() else f"on {say.day(due)}"
    return f"Next reminder {when}, {say.count(left[0].days, 'day')} after it was due."


def _acts(actor: Actor, of: Invoice) -> None:
    if not actor.may(Permission.AUDIT_READ):
        st.caption("Your role does not see the audit trail.")
        return
    found = list(load(search, actor, of.organization_id, Search(target=str(of.id)), limit=100).entries)
    if of.number:
        found += load(search, actor, of.organization_id, Search(text=of.number), limit=100).entries
    entries = {each.id: each for each in found}
    if not entries:
        st.caption("Nobody has done anything with it by itself yet.")
    with st.container(gap="xsmall", key="acts"):
        for each in sorted(entries.values(), key=lambda one: (one.at, one.id), reverse=True):
            _act(each)


def _act(each: AuditEntry) -> None:
    did = _ACTS.get(each.action, say.phrase(each.action.replace(".", " ")).lower())
    why = f": {each.reason}" if each.reason else ""
    st.markdown(f"{say.plain(each.actor_label)} {say.plain(did)}{say.plain(why)} :gray[{say.moment(each.at)}]")
