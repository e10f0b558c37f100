"""The security score on screen: what holds it, what to gain, every check, what moved it, and signing a review."""

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.access import audit
from core.config import settings
from core.databases import Databases
from core.security.scoring import CHECKS
from core.security.writes import keep_score
from db.session import SYSTEM
from tests.cast import Cast
from tests.pages.conftest import AsPerson, SignedInAs, words


@pytest.mark.parametrize("name", ["fiona", "adam", "sam"])
def test_the_first_glance_is_score_gate_and_points_to_gain(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "security")
    assert not app.exception
    said = words(app)
    assert "At most 69: People reach Calos over plain http." in said
    assert "lifts the cap" in said
    assert "CALOS_HTTPS_PROXY=1" in said
    assert "This version of Calos can bring this installation to" in said


@pytest.mark.parametrize("name", ["mia", "vera"])
def test_others_do_not_see_it(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "security")
    assert not app.exception
    assert "At most 69" not in words(app)


def test_every_check_stands_there_with_its_evidence(as_person: AsPerson) -> None:
    said = words(as_person("adam", "security"))
    assert [check.title for check in CHECKS if check.title not in said] == []
    assert "0 of 2 owners and admins." in said


def test_checks_are_narrowed_to_those_not_assessed(as_person: AsPerson) -> None:
    app = as_person("adam", "security", show="Not assessed")
    said = "\n".join(each.value for each in app.markdown if "badge" in each.value).replace("\\", "")
    assert "Backups are recent" in said
    assert "Passwords are kept as Argon2id" not in said
    assert "how old the last one is, nobody here knows" in words(app)


def test_what_moved_it_is_told_once_it_moved(as_person: AsPerson, databases: Databases, cast: Cast) -> None:
    assert "Nothing has moved it yet" in words(as_person("sam", "security"))
    now = clock.now()
    with databases.control.write(SYSTEM) as session:
        keep_score(session, cast.system, now=now - timedelta(days=2), settings=settings())
        audit.record(session, cast.adam, "security.reviewed", ("security", "review"), now=now - timedelta(days=1))
        keep_score(session, cast.system, now=now - timedelta(days=1), settings=settings())
    app = as_person("adam", "security")
    causes = next(each.value for each in app.dataframe if "how" in each.value.columns)
    told = causes.set_index("what")["how"]
    assert told["Somebody reviews security every month"] == "from 0% to 100%"


def _dialog() -> None:
    from core import clock
    from core.security.reads import score
    from pages.parts import session
    from pages.parts.load import load
    from pages.security import review

    actor = session.require_actor()
    review._sign(actor, load(score, actor, now=clock.now()))


def test_a_review_is_signed_with_words(as_person: AsPerson, signed_in: SignedInAs) -> None:
    assert [each for each in as_person("adam", "security").button if each.key == "sign"]
    signed_in("adam")
    # A dialog reruns itself alone, which AppTest can't: drawn in every run, it shows what it would.
    app = AppTest.from_function(_dialog, default_timeout=30).run()
    app.button(key="signed").click().run()
    assert "Say it in at least 10 characters." in words(app)
    app.text_area(key="note").set_value("Looked at refusals and at open points: fine.").run()
    app.button(key="signed").click().run()
    assert not app.exception
    assert "adam@calos.test signed the last review 0 days ago." in words(as_person("fiona", "security"))


def test_a_manager_reads_but_signs_nothing(as_person: AsPerson) -> None:
    app = as_person("sam", "security")
    assert not [each for each in app.button if each.key == "sign"]
