"""Import: upload the books of another system, see what would become of them, take them over, and what was taken."""

from uuid import UUID

import streamlit as st

from core.access.permissions import Permission
from core.imports.reads import runs
from pages.parts import filters, links, session
from pages.parts.cards import header
from pages.parts.load import fresh
from pages.settings import as_of, history, one_import, upload

COVERS = "Take over the customers, subscriptions, usage and tickets that another system kept, from CSV files."


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.ORGANIZATION_CREATE)
    chosen = _chosen()
    with header("Import", COVERS):
        if chosen is not None:
            links.link("import", "All imports", icon="arrow_back")
        elif actor.may(Permission.FINANCE_READ):
            links.link("parallel-run", "Parallel run", icon="compare_arrows")
    if chosen is not None:
        one_import.show(actor, chosen)
        return
    found = fresh(runs, actor)
    made = upload.form(actor)
    if made is not None:
        filters.go(links.to("import"), {"import": str(made)})
    as_of.choice(actor)
    history.table(found)


def _chosen() -> UUID | None:
    """Return the import that the address names; an address of something else names none."""
    given = st.query_params.get("import", "")
    try:
        return UUID(given) if given else None
    except ValueError:
        return None
