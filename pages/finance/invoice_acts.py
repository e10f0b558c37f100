"""What can be done with an invoice: the act that its state asks for first, the others in a menu, each in a dialog."""

from datetime import date

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.invoice_mail import send_invoice
from core.accounts.invoicing import finalize_invoices
from core.billing.invoices.dunning import pause_invoice
from core.billing.invoices.finalizing import delete_draft
from core.billing.invoices.links import pdf_link
from core.billing.invoices.profiles import profile_of
from core.billing.invoices.states import Invoice
from core.config import settings
from pages.finance import invoice_credit, invoice_ending, invoice_payment
from pages.parts import filters, links
from pages.parts import format as say
from pages.parts.load import change, load, present, told


def bar(actor: Actor, of: Invoice, day: date) -> None:
    """The buttons at the head of the page."""
    if of.state == "draft":
        if actor.may(Permission.INVOICE_FINALIZE) and st.button(
            "Finalize", type="primary", icon=":material/task_alt:", key="finalize"
        ):
            _finalize(actor, of)
        if actor.may(Permission.INVOICE_CREATE) and st.button("Delete", icon=":material/delete:", key="delete-draft"):
            _delete(actor, of)
        return
    _menu(actor, of)
    if of.state in {"open", "uncollectible"} and actor.may(Permission.PAYMENT_PROCESS):
        invoice_payment.button(actor, of, day)


def _menu(actor: Actor, of: Invoice) -> None:
    with st.popover("More", icon=":material/more_horiz:", key="invoice-menu"):
        mailed = of.state in {"open", "paid"} and actor.may(Permission.INVOICE_FINALIZE)
        if mailed and st.button("Send by mail", icon=":material/send:", key="send", width="stretch"):
            _send(actor, of)
        if st.button("Link to the PDF", icon=":material/link:", key="pdf-link", width="stretch"):
            _link(of)
        if of.state == "open" and actor.may(Permission.INVOICE_CREATE):
            word = "Resume reminders" if of.dunning_paused else "Pause reminders"
            icon = "notifications_active" if of.dunning_paused else "notifications_paused"
            if st.button(word, icon=f":material/{icon}:", key="pause", width="stretch"):
                _pause(actor, of)
        if actor.may(Permission.INVOICE_FINALIZE):
            invoice_credit.button(actor, of)
            invoice_ending.buttons(actor, of)


@st.dialog("Finalize an invoice", icon=":material/task_alt:")
def _finalize(actor: Actor, of: Invoice) -> None:
    finalize_body(actor, of)


def finalize_body(actor: Actor, of: Invoice) -> None:
    """What the dialog shows."""
    st.markdown(
        f"**{say.plain(say.amount(of.total))}** for **{say.plain(of.customer)}** gets the next number of its seller "
        f"and today's date, and can't be changed from then on: what is wrong is credited or voided. Credit that the "
        "customer has is used at once."
    )
    to = load(profile_of, actor, of.organization_id).address.email
    send = st.checkbox(
        f"Send the PDF to {say.plain(to)}" if to else "Send the PDF: no e-mail for invoices is in the billing profile",
        disabled=not to,
        key="finalize-send",
    )
    if st.button("Finalize it", type="primary", key="finalize-confirm", width="stretch"):
        with told():
            with change(actor) as session:
                [made] = finalize_invoices(session, actor, [of.id], now=clock.now())
                if send:
                    send_invoice(session, actor, of.id, now=clock.now())
            st.toast(say.plain(f"{made.number} is issued."), icon=":material/check:")
            st.rerun()


@st.dialog("Delete a draft", icon=":material/delete:")
def _delete(actor: Actor, of: Invoice) -> None:
    st.markdown(
        f"The draft of **{say.plain(say.amount(of.total))}** for **{say.plain(of.customer)}** goes with its lines. "
        "What it bills is due again and comes back with the next draft of the month."
    )
    if st.button("Delete it", type="primary", key="delete-confirm", width="stretch"):
        with told():
            with change(actor) as session:
                delete_draft(session, actor, of.id, now=clock.now())
            filters.go(links.to("invoices"))


@st.dialog("Send an invoice", icon=":material/send:")
def _send(actor: Actor, of: Invoice) -> None:
    to = load(profile_of, actor, of.organization_id).address.email
    before = f" It was sent before, on {say.day(of.sent_at)}." if of.sent_at else ""
    st.markdown(
        f"**{say.plain(of.number or '')}** goes as PDF to **{say.plain(to or 'nobody yet')}**, the address of the "
        f"billing profile, with a link that works for 30 days.{before}"
    )
    if not settings().smtp_url:
        st.caption("No mail server is set up: the mail is kept under Mails, and nothing leaves the house.")
    if st.button("Send it", type="primary", key="send-confirm", width="stretch"):
        with told():
            with change(actor) as session:
                send_invoice(session, actor, of.id, now=clock.now())
            st.toast(say.plain(f"On its way to {to}."), icon=":material/send:")
            st.rerun()


@st.dialog("A link to the PDF", icon=":material/link:")
def _link(of: Invoice) -> None:
    url, until = pdf_link(settings(), of.id, now=present())
    with st.container(key="handover-link"):
        st.code(url, language=None, wrap_lines=True)
    st.caption(
        f"Whoever has it reads this one PDF without signing in, until {say.moment(until)}. Copy it with the button."
    )


@st.dialog("Reminders", icon=":material/notifications:")
def _pause(actor: Actor, of: Invoice) -> None:
    if of.dunning_paused:
        st.markdown(f"Reminders for **{say.plain(of.number or '')}** go on with the next step of the schedule.")
    else:
        st.markdown(
            f"No reminder goes out for **{say.plain(of.number or '')}** until you resume them. It stays due, and stays "
            "in the list of what is overdue."
        )
    word = "Resume them" if of.dunning_paused else "Pause them"
    if st.button(word, type="primary", key="pause-confirm", width="stretch"):
        with told():
            with change(actor) as session:
                pause_invoice(session, actor, of.id, paused=not of.dunning_paused, now=clock.now())
            st.rerun()
