"""The words of a person's questions come from the data that they see, and from nobody else's."""

import pytest

from core.accounts.cards import refresh_card
from core.accounts.requests import LicenseRequest
from core.accounts.writes import create_license
from core.ask.parsing import read_question
from core.ask.vocabulary import vocabulary
from core.databases import Databases
from core.errors import NotPermitted
from db.session import SYSTEM, WriteSession
from tests.cast import Cast
from tests.conftest import NOW


@pytest.fixture
def kept(session: WriteSession, databases: Databases, cast: Cast) -> WriteSession:
    """Two customers with cards, one of them with a name that begins as the other's."""
    for name in ("Quince Clinics", "Quince Foods"):
        asked = LicenseRequest(f"{name.split()[1].lower()}@quince.test", "pro", billing_period="monthly", name=name)
        made = create_license(session, cast.fiona, asked, now=NOW)
        with databases.telemetry.read(SYSTEM) as telemetry:
            refresh_card(session, telemetry, made.organization_id, now=NOW)
    return session


def test_customers_tiers_and_products_are_words(kept: WriteSession, cast: Cast) -> None:
    words = vocabulary(kept, cast.fiona, now=NOW)
    assert {"Quince Clinics", "Quince Foods"} <= set(words.customers)
    found = read_question("MRR of Quince Clinics by product", words, today=NOW.date())
    assert found.query is not None
    assert [(one.member, one.values) for one in found.query.filters] == [("customer", ("Quince Clinics",))]
    assert read_question("Chatbot MRR of Pro customers", words, today=NOW.date()).outcome == "answer"


def test_a_name_that_two_customers_share_is_asked_back(kept: WriteSession, cast: Cast) -> None:
    found = read_question("MRR of Quince", vocabulary(kept, cast.fiona, now=NOW), today=NOW.date())
    assert found.outcome == "clarify"
    assert [label for label, _ in found.options] == ["Quince Clinics", "Quince Foods"]


def test_each_role_is_refused_what_it_may_not_see(kept: WriteSession, cast: Cast) -> None:
    outcomes = {
        person.role: read_question("MRR by tier", vocabulary(kept, person, now=NOW), today=NOW.date())
        for person in cast.staff()
    }
    assert {role: one.outcome for role, one in outcomes.items()} == {
        "owner": "answer",
        "admin": "answer",
        "manager": "answer",
        "member": "refuse",
        "viewer": "refuse",
    }
    assert outcomes["viewer"].reason.startswith("You may not see MRR.")


def test_customers_people_have_no_words(kept: WriteSession, cast: Cast) -> None:
    with pytest.raises(NotPermitted):
        vocabulary(kept, cast.otto, now=NOW)
