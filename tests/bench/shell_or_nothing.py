"""The script of the bench: the product's shell, or with `?trivial=1` the least that Streamlit can run."""

import streamlit as st

from pages import shell

if "trivial" in st.query_params:
    st.write("trivial")
else:
    shell.show()
