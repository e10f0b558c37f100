"""The demo's installs phoning home: when their licenses were new, and lately, unless their story is silence."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection

from core.databases import door_url
from core.demo.customers import DemoCustomer
from core.demo.upgrades import version_on
from core.licensing.activation import activate
from core.licensing.verdicts import Question

# Each customer with its install id and the time its license was issued.
Install = tuple[DemoCustomer, str, datetime]


def phone_home(control_url: str, installs: Sequence[Install], *, now: datetime, only_lately: bool = False) -> None:
    """Let every install check in as it would have, through the same transaction as the verify door's."""

    async def run() -> None:
        connection: AsyncConnection[Any] = await AsyncConnection.connect(door_url(control_url), autocommit=True)
        async with connection:
            for install in installs:
                for question, at in _calls(install, now, only_lately):
                    await activate(connection, question, at)

    asyncio.run(run())


def _calls(install: Install, now: datetime, only_lately: bool) -> Iterator[tuple[Question, datetime]]:
    customer, install_id, issued_at = install
    lately = now - timedelta(days=customer.behavior.silent, minutes=0 if only_lately else 17)
    for number in range(customer.installations):
        question = Question(
            install_id,
            fingerprint=f"{customer.name.lower().replace(' ', '-')}-{number + 1}",
            domain=customer.behavior.domains[number] if number < len(customer.behavior.domains) else None,
            authenticated=True,
        )
        if not only_lately:
            first = issued_at + timedelta(hours=2 + number)
            yield replace(question, version=_version(customer, first, now)), first
        if lately > issued_at + timedelta(days=1):
            yield replace(question, version=_version(customer, lately, now)), lately


def _version(customer: DemoCustomer, at: datetime, now: datetime) -> str:
    return version_on(customer.name, customer.behavior.version, (now - at).days)
