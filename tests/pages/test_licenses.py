"""The Licenses screen as the cast see it: what needs a hand, any license, and one with its decisions."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert
from streamlit.testing.v1 import AppTest

from core import clock
from core.databases import Databases
from core.licensing.reads import license_by_install
from core.licensing.verdicts import LicenseState, Question, as_json
from db.models.licensing import decision
from db.session import SYSTEM
from tests.cast import Cast
from tests.pages.conftest import AsPerson, words
from tests.pages.customers_made import Made, make_customers

STAFF = ("fiona", "adam", "sam", "mia", "vera")


@pytest.fixture(scope="module", autouse=True)
def made(databases: Databases, cast: Cast) -> Made:
    """Return the customers of this module, Initech's install having been refused once and told yes five times."""
    now = clock.now()
    customers = make_customers(databases, cast, now)
    asked = Question(customers.paying.install_id, "pos-1", "pos.initech.test", "4.3", authenticated=True)
    with databases.control.write(SYSTEM) as session:
        held = license_by_install(session, cast.fiona, customers.paying.install_id, now=now)
        kept = {name: getattr(held, name) for name in LicenseState.__dataclass_fields__ if hasattr(held, name)}
        ids = {"license_id": str(held.id), "organization_id": str(held.organization_id)}
        state = LicenseState(**{**kept, **ids, "tier": held.tier_id, "installs": 0, "activated": True})
        moon = Question(customers.paying.install_id, entitlements=("moon",))
        for number, (question, valid, code, repeats) in enumerate(
            [(moon, False, "ENTITLEMENT_MISSING", 0), (asked, True, "VALID", 4)]
        ):
            at = now - timedelta(minutes=9 - number)
            session.execute(insert(decision).values(_row(held.id, state, question, at, valid, code, repeats)))
    return customers


def _row(
    license_id: object, state: LicenseState, question: Question, at: datetime, valid: bool, code: str, repeats: int
) -> dict[str, object]:
    return {
        "license_id": license_id,
        "organization_id": state.organization_id,
        "at": at,
        "last_at": at,
        "repeats": repeats,
        "valid": valid,
        "code": code,
        "question": as_json(question),
        "question_digest": code.encode(),
        "state": as_json(state),
        "state_version": state.state_version,
    }


def column(app: AppTest, name: str) -> list[list[str]]:
    return [list(table.value[name]) for table in app.dataframe]


@pytest.mark.parametrize("name", STAFF)
def test_staff_see_what_needs_a_hand_and_then_everything(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "licenses")
    assert not app.exception
    counts = {metric.label: metric.value for metric in app.metric}
    assert counts == {"Overdue": "0", "Ending soon": "1", "Just expired": "0", "Suspended": "1", "Silent": "0"}
    needy, everything = column(app, "customer")
    assert sorted(needy) == ["Nova Bank", "Oscorp *Labs*"]
    assert sorted(everything) == ["Initech", "Nova Bank", "Oscorp *Labs*"]


def test_a_chip_in_the_address_keeps_one_reason(as_person: AsPerson) -> None:
    app = as_person("fiona", "licenses", show="Suspended")
    assert column(app, "matter")[0] == ["Suspended just now"]
    assert "Nothing to do" in words(as_person("fiona", "licenses", show="Overdue"))


def test_a_search_finds_any_license(as_person: AsPerson, made: Made) -> None:
    for text in ("initech", made.paying.install_id[5:]):
        assert column(as_person("vera", "licenses", q=text), "customer") == [["Initech"]]
    assert "No license found" in words(as_person("vera", "licenses", q="zzzz"))


@pytest.mark.parametrize("name", STAFF)
def test_one_license_shows_its_terms_and_decisions(as_person: AsPerson, made: Made, name: str) -> None:
    app = as_person(name, "licenses", install_id=made.paying.install_id)
    assert not app.exception
    assert app.title[0].value.replace("\\", "") == made.paying.install_id
    assert "License of Initech" in words(app)
    log = app.dataframe[-1].value
    assert list(zip(log["code"], log["times"], strict=True)) == [("VALID", 5), ("ENTITLEMENT_MISSING", 1)]
    assert log["from"][0] == "pos-1, pos.initech.test, 4.3"


def test_refusals_can_be_seen_alone(as_person: AsPerson, made: Made) -> None:
    app = as_person("mia", "licenses", install_id=made.paying.install_id, refused="Refused only")
    assert list(app.dataframe[-1].value["code"]) == ["ENTITLEMENT_MISSING"]


def test_a_selected_decision_is_made_again(as_person: AsPerson, made: Made) -> None:
    app = as_person("mia", "licenses", install_id=made.paying.install_id)
    app.session_state["log"] = {"selection": {"rows": [1], "columns": []}}
    app.run()
    assert not app.exception
    assert "the answer is the same" in app.success[0].value
    assert "does not include moon" in words(app)


def test_a_license_never_asked_says_so(as_person: AsPerson, made: Made) -> None:
    said = words(as_person("fiona", "licenses", install_id=made.trial.install_id))
    assert "Nobody has asked yet" in said
    assert "Not installed yet" in said
    assert "Nobody sits on one" in said
    assert "None is out" in said


def test_an_unknown_license_leads_back(as_person: AsPerson) -> None:
    app = as_person("fiona", "licenses", install_id="nobody-s-install")
    assert "There is no license with the install id" in app.warning[0].value


REVOKES = ["Transfer", "Suspend", "Revoke"]
CHANGES = ["Renew", "Change policy", "New install secret"]


@pytest.mark.parametrize(
    ("name", "offered"),
    [("fiona", CHANGES + REVOKES), ("adam", CHANGES + REVOKES), ("sam", CHANGES), ("mia", []), ("vera", [])],
)
def test_the_menu_holds_what_the_role_may_and_the_standing_allows(
    as_person: AsPerson, made: Made, name: str, offered: list[str]
) -> None:
    assert menu(as_person(name, "licenses", install_id=made.trial.install_id)) == offered


def test_a_suspended_license_is_resumed_and_one_without_end_is_not_renewed(as_person: AsPerson, made: Made) -> None:
    stopped = menu(as_person("adam", "licenses", install_id=made.suspended.install_id))
    assert stopped == ["Change policy", "New install secret", "Transfer", "Resume", "Revoke"]


def menu(app: AppTest) -> list[str]:
    """What the menu offers, without icons."""
    return [each.rpartition(": ")[2].rstrip("…") for box in app.menu_button for each in box.options]


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ({"status": "Suspended"}, ["Oscorp *Labs*"]),
        ({"tier": "Enterprise"}, ["Nova Bank"]),
        ({"status": "Active", "tier": "Basic"}, []),
    ],
)
def test_chips_narrow_by_status_and_tier(
    as_person: AsPerson, made: Made, query: dict[str, str], left: list[str]
) -> None:
    app = as_person("vera", "licenses", **query)
    assert not app.exception
    assert column(app, "customer") == ([left] if left else [])
    assert ("No license found" in words(app)) == (not left)


def test_the_export_takes_the_filters_along(as_person: AsPerson, made: Made) -> None:
    app = as_person("fiona", "licenses", status="Suspended", q="osc")
    csv, xlsx, _pdf = exports(app)
    assert {"format=csv", "report=licenses", "q=osc", "status=suspended"} == set(csv.partition("?")[2].split("&"))
    assert "format=xlsx" in xlsx
    assert not exports(as_person("vera", "licenses"))


def exports(app: AppTest) -> list[str]:
    links = [str(getattr(each.proto, "url", "")) for each in app.get("link_button")]
    return [link for link in links if link.startswith("/api/export")]


def test_the_keyboard_opens_a_license_too(as_person: AsPerson, made: Made) -> None:
    app = as_person("vera", "licenses", q="initech")
    assert app.selectbox(key="any-box").options == [f"Initech, {made.paying.install_id}"]
    app.selectbox(key="any-box").set_value(made.paying.install_id).run()
    assert app.title[0].value.replace("\\", "") == made.paying.install_id


def test_a_customers_people_do_not_reach_it(as_person: AsPerson, made: Made) -> None:
    app = as_person("otto", "licenses", install_id=made.paying.install_id)
    assert [title.value for title in app.title] == ["Your portal"]
    assert not app.dataframe
