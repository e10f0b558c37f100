"""The link at the foot of a digest: works for nobody signed in, by a button or by the mail program, never by a look."""

from uuid import UUID

import pytest
from sqlalchemy import select

from core import clock
from core.accounts.digests import subscribe
from core.config import settings
from core.databases import Databases
from core.notify.unsubscribe import unsubscribe_link
from db.models.notify import digest_subscription
from db.session import SYSTEM
from tests.api.conftest import Served
from tests.cast import Cast


def _subscribed(databases: Databases, person_id: str) -> bool:
    with databases.control.read(SYSTEM) as session:
        held = select(digest_subscription.c.person_id).where(digest_subscription.c.person_id == UUID(person_id))
        return session.execute(held).first() is not None


@pytest.fixture
def link(databases: Databases, cast: Cast) -> str:
    with databases.control.write(SYSTEM) as session:
        subscribe(session, cast.mia, "weekly", now=clock.now())
    return unsubscribe_link(settings(), "upsells", UUID(cast.mia.id)).partition(settings().origin)[2]


def test_looking_asks_and_the_button_ends_it(served: Served, databases: Databases, cast: Cast, link: str) -> None:
    page = served.client.get(link)
    assert page.status_code == 200
    assert 'method="post"' in page.text
    assert _subscribed(databases, cast.mia.id), "a program that checks links must end nothing"
    origin = {"Origin": "http://localhost:5001"}
    for _ in range(2):
        answer = served.client.post(link, headers=origin)
        assert (answer.status_code, "no more" in answer.text) == (200, True)
    assert not _subscribed(databases, cast.mia.id)


def test_a_mail_programs_one_click(served: Served, databases: Databases, cast: Cast, link: str) -> None:
    answer = served.client.post(link, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert not _subscribed(databases, cast.mia.id)


@pytest.mark.parametrize("query", ["", "?kind=upsells", "?kind=upsells&token=x", "?kind=%00&token=" + "A" * 43])
def test_a_link_that_we_did_not_sign_ends_nothing(
    served: Served, databases: Databases, cast: Cast, link: str, query: str
) -> None:
    for method in ("GET", "POST"):
        answer = served.client.request(method, f"/unsubscribe{query}")
        assert answer.status_code in {400, 404}
    changed = link[:-3] + ("AAA" if link[-3:] != "AAA" else "BBB")
    assert served.client.post(changed).status_code == 404
    assert _subscribed(databases, cast.mia.id)
