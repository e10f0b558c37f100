"""A mail as its reader sees it, in a frame that nothing within can leave."""

import base64
from typing import Final

import streamlit as st

# Nothing runs, nothing but pictures is fetched, and no link opens inside the frame.
_GUARD: Final = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
    'img-src https: data:; form-action \'none\'"><base target="_blank">'
)


def letter(html: str, *, height: int = 620) -> None:
    """Draw the HTML of a mail as a document of no origin: whatever it held, it could not reach the console."""
    guarded = html.replace("<head>", f"<head>{_GUARD}", 1)
    st.iframe(f"data:text/html;charset=utf-8;base64,{base64.b64encode(guarded.encode()).decode()}", height=height)
