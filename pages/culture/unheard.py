"""What stands in place of a profile while an installation has not reported: what is known, and what to do next."""

import streamlit as st

from core.config import settings
from core.culture.profile import Profile
from pages.parts import format as say
from pages.parts.cards import card


def show(found: Profile) -> None:
    """Draw the two ways to get a first event."""
    with card("unheard", "No telemetry has arrived yet", "So nothing can be said of how they work.").body:
        st.markdown(
            "**Wait for the installation to report.** Set these at the customer's and restart it. The secret was shown "
            "when the license was issued; events appear here seconds after the first batch."
        )
        st.code(
            f"CALOS_URL={settings().origin}\nCALOS_INSTALL_ID={found.install_id}\nCALOS_INSTALL_SECRET=…", language=None
        )
        st.markdown("**Or fill it with sample events**, to see what a profile looks like:")
        st.code(f"python manage.py telemetry sample {found.install_id}", language=None)
    health = found.health
    with card("unheard-health", "Health").body:
        st.markdown(f"**{say.DASH}** {say.plain(health.reason or '')}")
        st.caption(
            f"So far only license, check-in and payments can be observed: the score would lie between "
            f"{say.integer(health.low)} and {say.integer(health.high)}."
        )
