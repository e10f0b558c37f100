"""One customer's usage: what is the matter, a gauge a meter, the history of one with its limit and what lies ahead."""

import streamlit as st

from core.access.actor import Actor
from core.errors import NotFound
from core.licensing.reads import license_by_install
from core.usage.consumption import Consumption
from core.usage.meters import METERS
from core.usage.reads import gauges, overrides
from pages.parts import format as say
from pages.parts import links, pills
from pages.parts.cards import header
from pages.parts.load import load, load_both, minute
from pages.usage import agreed, gauge, history, wording

_TONES = {"bad": (st.error, "block"), "warning": (st.warning, "trending_up"), "neutral": (st.info, "info")}


def show(actor: Actor, install_id: str) -> None:
    """Draw the customer that the address names."""
    now = minute()
    try:
        held = load(license_by_install, actor, install_id, now=now)
    except NotFound as missing:
        st.warning(missing.message, icon=":material/search_off:")
        links.link("usage", "All customers", icon="arrow_back")
        return
    rows = load_both(gauges, actor, install_id, now=now)
    with header(held.organization_name, "Usage against the limits in force"):
        links.link("usage", "All customers", icon="arrow_back")
        links.customer("Customer", install_id, icon="domain")
        agreed.button(actor, install_id)
    st.markdown(f"{pills.inline('tier', held.tier_id)} :gray[{say.plain(install_id)}]")
    _matters(rows)
    meter = _meter(rows)
    gauge.grid(rows, meter)
    history.show(actor, install_id, METERS[meter], now)
    agreed.of_one(load(overrides, actor, now=now, install_id=install_id), rows)


def _matters(rows: tuple[Consumption, ...]) -> None:
    for tone, sentence in wording.matters(rows)[:3]:
        box, icon = _TONES[tone]
        box(say.plain(sentence), icon=f":material/{icon}:")


def _meter(rows: tuple[Consumption, ...]) -> str:
    """The meter whose history is shown: the one that the address names, else the one that matters most."""
    named = st.query_params.get("meter", "")
    return named if named in METERS else gauge.foremost(rows)
