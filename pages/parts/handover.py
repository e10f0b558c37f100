"""An install secret handed over: shown once, with the lines that an installation is configured by."""

from typing import Final

import streamlit as st

from core.config import settings
from pages.parts import links

SLOT: Final = "handover-secret"


def forget() -> None:
    """The secret leaves our memory with its dialog; the run that follows shows the page as it is now."""
    st.session_state.pop(SLOT, None)


def show(install_id: str, secret: str) -> None:
    """What to give to the customer; the secret is shown here and never again."""
    st.caption("Install id: names the installation, and is enough to ask whether the license is valid.")
    st.code(install_id, language=None)
    st.caption(":red[**Install secret: shown only now.**] It proves the installation; telemetry needs it. Copy it.")
    st.code(secret, language=None)
    st.markdown("**What to do next**")
    st.markdown(
        "1. Give both to the customer, the secret by a way that only they read.\n"
        "2. They put these lines into the configuration of their installation and start it:"
    )
    lines = {"CALOS_URL": settings().origin, "CALOS_INSTALL_ID": install_id, "CALOS_INSTALL_SECRET": secret}
    st.code("\n".join(f"{name}={value}" for name, value in lines.items()), language=None, wrap_lines=True)


def way_on(name: str, install_id: str) -> None:
    """The link from a handover to whose license it is."""
    links.customer(f"Open {name}", install_id, icon="arrow_forward")
