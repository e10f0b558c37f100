"""The only place where pages open sessions and cache what they read; actor and role are always part of the key."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core import clock
from core.access.actor import Actor
from core.databases import LOCK_SECONDS, Databases, busy, databases
from core.errors import CalosError
from core.organizations.viewpoint import viewpoint
from db.session import SYSTEM, ReadSession, WriteSession

Given = ParamSpec("Given")
Result = TypeVar("Result")

# Short, since several people and many installs change what is shown; long enough that a rerun by a filter is free.
FRESH_SECONDS = 10
# PostgreSQL's codes for a table or a column that does not exist.
_OLD_TABLES = frozenset({"42P01", "42703"})


def _key(actor: Actor) -> tuple[Any, ...]:
    return (actor.id, str(actor.organization_id), actor.realm, sorted(actor.permissions))


@st.cache_data(ttl=FRESH_SECONDS, max_entries=2_000, show_spinner=False, hash_funcs={Actor: _key})
def _cached(name: str, actor: Actor, _read: Callable[..., Any], *given: Any, **named: Any) -> Any:
    with databases().control.read(actor.tenancy()) as session:
        return _read(session, actor, *given, **named)


@st.cache_data(ttl=FRESH_SECONDS, max_entries=2_000, show_spinner=False, hash_funcs={Actor: _key})
def _cached_both(name: str, actor: Actor, _read: Callable[..., Any], *given: Any, **named: Any) -> Any:
    with (
        databases().control.read(actor.tenancy()) as control,
        databases().telemetry.read(actor.tenancy()) as telemetry,
    ):
        return _read(control, telemetry, actor, *given, **named)


def load(
    read: Callable[Concatenate[ReadSession, Actor, Given], Result],
    actor: Actor,
    *given: Given.args,
    **named: Given.kwargs,
) -> Result:
    """Return `read(session, actor, …)`, remembered for some seconds per actor and arguments."""
    result: Result = _cached(f"{read.__module__}.{read.__qualname__}", actor, read, *given, **named)
    return result


def load_both(
    read: Callable[Concatenate[ReadSession, ReadSession, Actor, Given], Result],
    actor: Actor,
    *given: Given.args,
    **named: Given.kwargs,
) -> Result:
    """Return `read(control, telemetry, actor, …)`, remembered for some seconds per actor and arguments."""
    result: Result = _cached_both(f"{read.__module__}.{read.__qualname__}", actor, read, *given, **named)
    return result


def fresh(
    read: Callable[Concatenate[ReadSession, Actor, Given], Result],
    actor: Actor,
    *given: Given.args,
    **named: Given.kwargs,
) -> Result:
    """Return `read(session, actor, …)` as of this moment, for what is shown because it has just happened."""
    with databases().control.read(actor.tenancy()) as session:
        return read(session, actor, *given, **named)


def minute() -> datetime:
    """Return the instant that books, use and health are looked at: what a page passes as `now`.

    The end of this minute, so that reads within it share the cache, and a license issued ten seconds ago counts; or the
    day that was set when history was imported.
    """
    return looked_at() or present()


def present() -> datetime:
    """Return the end of this minute whatever the books are looked at as of: for sessions, sign-ins and the trail."""
    return clock.now().replace(second=0, microsecond=0) + timedelta(minutes=1)


@st.cache_data(ttl=FRESH_SECONDS, show_spinner=False)
def looked_at() -> datetime | None:
    """Return the instant that the books are looked at, or None: now."""
    with databases().control.read(SYSTEM) as session:
        return viewpoint(session)


@contextmanager
def _not_for_ever() -> Iterator[None]:
    """Say as one of the house's refusals that somebody else holds what an act needs."""
    try:
        yield
    except OperationalError as failure:
        refusal = busy(failure)
        if refusal is None:
            raise
        raise refusal from failure


@contextmanager
def change(actor: Actor) -> Iterator[WriteSession]:
    """Open a transaction for a person's act; afterwards everything is read anew."""
    with _not_for_ever(), databases().control.write(actor.tenancy(), lock_seconds=LOCK_SECONDS) as session:
        yield session
    st.cache_data.clear()


@contextmanager
def change_both(actor: Actor) -> Iterator[tuple[WriteSession, ReadSession]]:
    """Open a transaction on the control plane beside a look at telemetry, for acts that bring a card up to date."""
    with change(actor) as session, databases().telemetry.read(actor.tenancy()) as telemetry:
        yield session, telemetry


@contextmanager
def change_telemetry(actor: Actor, install_id: str) -> Iterator[WriteSession]:
    """Open a transaction on the telemetry of one install, which the caller has made sure the actor may change."""
    with (
        _not_for_ever(),
        databases().telemetry.write(
            replace(actor.tenancy(), installs=(install_id,)), lock_seconds=LOCK_SECONDS
        ) as telemetry,
    ):
        yield telemetry
    st.cache_data.clear()


def planes() -> Databases:
    """Return both planes, for an act that commits step by step itself; afterwards call `forget`."""
    return databases()


def forget() -> None:
    """Read everything anew from now on."""
    st.cache_data.clear()


@contextmanager
def told(what: str = "") -> Iterator[None]:
    """Show what the house refuses, or why `what` can't be loaded and the command that mends it, instead of a trace."""
    failed = f"Failed to load {what}. " if what else ""
    try:
        yield
    except CalosError as refused:
        st.error(refused.message, icon=":material/error:")
    except (OperationalError, PoolTimeout):
        st.error(
            f"{failed}The database does not answer. Check it with `python manage.py doctor`, then reload this page.",
            icon=":material/database_off:",
        )
    except ProgrammingError as wrong:
        if getattr(wrong.orig, "sqlstate", None) not in _OLD_TABLES:
            raise
        st.error(
            f"{failed}The database does not have this version's tables yet. Bring it up to date with "
            "`python manage.py migrate` (or `scripts/setup-enterprise.sh`), then reload this page.",
            icon=":material/database_off:",
        )
