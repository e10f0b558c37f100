"""The currencies in which something can be booked: those that a rate leads from to the reporting one."""

import streamlit as st

from core.access.actor import Actor
from core.finance.exchange import REPORTING
from core.finance.flows import exchange_rates
from db.session import ReadSession
from pages.parts.load import load


def pick(actor: Actor, *, key: str) -> str:
    """A box of them; the reporting currency first."""
    return st.selectbox("Currency", load(_known, actor), key=key)


def _known(session: ReadSession, _actor: Actor) -> tuple[str, ...]:
    return (REPORTING, *sorted(exchange_rates(session).steps))
