"""The dialogs of a license: what each names, asks, refuses in a sentence, and does."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select, update
from streamlit.testing.v1 import AppTest

from core import clock
from core.accounts.cards import refresh_card
from core.accounts.reads import customer
from core.accounts.requests import Created, LicenseRequest
from core.accounts.writes import create_license
from core.databases import Databases
from core.errors import NotFound
from core.ids import digest
from core.licensing.activation import activate_within
from core.licensing.file_register import files_of
from core.licensing.reads import installations
from core.licensing.seats import seats
from core.licensing.verdicts import Question
from core.money import Money
from db.models.licensing import license as licenses
from db.models.licensing import seat_lease
from db.session import SYSTEM
from tests.cast import Cast
from tests.core.licensing.as_client import activation_request
from tests.pages.conftest import AsPerson, SignedInAs, words
from tests.pages.licenses_made import dialog, held, press, said

DAY = timedelta(days=1)
Issue = Callable[..., Created]


@pytest.fixture(scope="module")
def issue(databases: Databases, cast: Cast) -> Issue:
    """Return a function that issues a license, committed, to a customer of its own."""
    counted = iter(range(100))

    def made(**asked: object) -> Created:
        number = next(counted)
        request = LicenseRequest(f"ada@customer{number}.test", "pro", name=f"Customer {number}", **asked)  # type: ignore[arg-type]
        with databases.control.write(SYSTEM) as session, databases.telemetry.read(SYSTEM) as telemetry:
            one = create_license(session, cast.fiona, request, now=clock.now() - DAY)
            refresh_card(session, telemetry, one.organization_id, now=clock.now())
        return one

    return made


def say_why(app: AppTest, key: str, why: str = "It was agreed.") -> AppTest:
    app.text_area(key=f"{key}-reason").set_value(why).run()
    press(app, f"{key}-confirm")
    assert not app.exception
    return app


def end_on(databases: Databases, install_id: str, at: datetime) -> None:
    with databases.control.write(SYSTEM) as session:
        session.execute(update(licenses).where(licenses.c.install_id == install_id).values(expires_at=at))


def test_a_renewal_says_its_day_before(signed_in: SignedInAs, issue: Issue, databases: Databases, cast: Cast) -> None:
    one = issue(trial_days=14)
    ends = one.expires_at
    assert ends is not None
    app = dialog(signed_in, "sam", "license_renewal", one.install_id)
    app.number_input(key="renew-days").set_value(10).run()
    day = ends + 10 * DAY
    assert f"It would end on **{day:%b} {day.day}, {day.year}**" in words(app)
    say_why(app, "renew")
    assert held(databases, cast, one.install_id).expires_at == day


def test_what_somebody_else_holds_is_said_and_can_be_done_again(
    signed_in: SignedInAs, issue: Issue, databases: Databases, cast: Cast
) -> None:
    one = issue(trial_days=14)
    app = dialog(signed_in, "sam", "license_renewal", one.install_id)
    app.number_input(key="renew-days").set_value(10).run()
    held_row = select(licenses.c.id).where(licenses.c.install_id == one.install_id).with_for_update()
    with databases.control.write(SYSTEM) as session:
        session.execute(held_row).one()
        say_why(app, "renew")
        assert [each.value for each in app.error] == [
            "Somebody else is changing the same thing right now. Nothing was changed; try again in some seconds."
        ]
    assert held(databases, cast, one.install_id).expires_at == one.expires_at
    say_why(app, "renew")
    assert held(databases, cast, one.install_id).expires_at != one.expires_at


def test_a_renewal_that_would_shorten_is_refused_beforehand(
    signed_in: SignedInAs, issue: Issue, databases: Databases
) -> None:
    one = issue()
    end_on(databases, one.install_id, clock.now() + 300 * DAY)
    app = dialog(signed_in, "sam", "license_renewal", one.install_id)
    assert [each.options for each in app.segmented_control] == [["A month", "Days"]]
    app.selectbox(key="renew-from").set_value("from_now").run()
    assert "would end before" in app.warning[0].value
    assert app.button(key="renew-confirm").disabled


def test_a_policy_is_changed_by_rules_and_a_wrong_one_is_named(
    signed_in: SignedInAs, issue: Issue, databases: Databases, cast: Cast
) -> None:
    one = issue()
    app = dialog(signed_in, "sam", "license_policy", one.install_id)
    assert app.button(key="policy-confirm").disabled
    app.number_input(key="policy-seats").set_value(4).run()
    app.selectbox(key="policy-overage").set_value("1.25x").run()
    app.text_area(key="policy-domains").set_value("shop.example.com\nno domain!").run()
    assert app.button(key="policy-confirm").label == "Change 3 rules"
    say_why(app, "policy")
    assert app.error[0].value.startswith("Domains: “no domain!” is no domain")
    assert app.number_input(key="policy-seats").value == 4
    app.text_area(key="policy-domains").set_value("shop.example.com").run()
    say_why(app, "policy")
    found = held(databases, cast, one.install_id)
    assert (found.max_seats, found.overage, found.domains) == (4, "1.25x", ("shop.example.com",))


def test_the_terms_show_every_rule(as_person: AsPerson, issue: Issue, databases: Databases) -> None:
    one = issue()
    with databases.control.write(SYSTEM) as session:
        rules = {"max_seats": 4, "overage": "1.25x", "seat_heartbeat_seconds": 90, "check_in_days": 7}
        session.execute(update(licenses).where(licenses.c.install_id == one.install_id).values(**rules))
    app = as_person("vera", "licenses", install_id=one.install_id)
    policy = {rule: said(value) for rule, value in app.table[1].value.iloc[:, -1].to_dict().items()}
    assert policy["Seats"] == "at most 4, 5 with the overage"
    assert policy["Installations"].endswith("(Pro's own)")
    assert policy["Overage"] == "up to a quarter more"
    assert policy["Seat heartbeat"] == "a seat stays taken for 90 seconds"
    assert policy["Check-in"] == "every 7 days"
    assert policy["Versions"] == "any"


def test_a_new_secret_is_shown_once_and_the_old_one_is_gone(
    signed_in: SignedInAs, issue: Issue, databases: Databases, cast: Cast
) -> None:
    one = issue()
    app = dialog(signed_in, "sam", "license_secret", one.install_id)
    assert "Nobody uses it yet" in app.warning[0].value
    app.button(key="secret-confirm").click().run()
    assert "Say why" in app.error[0].value
    say_why(app, "secret")
    secret = app.code[1].value
    assert secret.startswith("cis_")
    assert secret != one.install_secret
    with databases.control.read(SYSTEM) as session:
        kept = session.execute(select(licenses.c.secret_digest).where(licenses.c.install_id == one.install_id))
        assert bytes(kept.scalar_one()) == digest(secret)
    again = dialog(signed_in, "sam", "license_secret", one.install_id)
    assert secret not in words(again) + "".join(code.value for code in again.code)


def test_a_transfer_moves_the_license_and_both_cards(
    signed_in: SignedInAs, issue: Issue, databases: Databases, cast: Cast
) -> None:
    one, other = issue(), issue(trial_days=14)
    app = dialog(signed_in, "adam", "license_transfer", one.install_id)
    assert "$499.00 of MRR" in said(app.warning[0].value)
    say_why(app, "transfer")
    assert "Say to whom" in app.error[0].value
    app.selectbox(key="transfer-to").set_value(other.organization).run()
    say_why(app, "transfer")
    assert held(databases, cast, one.install_id).organization_id == other.organization_id
    with databases.control.read(SYSTEM) as session:
        assert customer(session, cast.fiona, other.organization_id, now=clock.now()).mrr == Money(49_900, "USD")
        # Who holds no license any more is no customer.
        with pytest.raises(NotFound):
            customer(session, cast.fiona, one.organization_id, now=clock.now())
    assert app.code[1].value.startswith("cis_")


def test_an_installation_is_retired(signed_in: SignedInAs, issue: Issue, databases: Databases, cast: Cast) -> None:
    one = issue()
    with databases.control.write(SYSTEM) as session:
        for name in ("till-1", "till-2"):
            activate_within(session, Question(one.install_id, name, authenticated=True), clock.now())
    app = dialog(signed_in, "sam", "license_installs", one.install_id)
    app.selectbox(key="retire-which").set_value("till-1").run()
    app.button(key="retire-confirm").click().run()
    assert "Say why" in app.error[0].value
    say_why(app, "retire")
    with databases.control.read(SYSTEM) as session:
        left = installations(session, cast.fiona, one.install_id, now=clock.now())
    assert [each.fingerprint for each in left] == ["till-2"]


def test_a_seat_is_shown_and_released(
    as_person: AsPerson, signed_in: SignedInAs, issue: Issue, databases: Databases, cast: Cast
) -> None:
    one = issue()
    now = clock.now()
    with databases.control.write(SYSTEM) as session:
        whose = {"license_id": one.license_id, "organization_id": one.organization_id, "fingerprint": "till-1"}
        times = {"taken_at": now, "renewed_at": now, "expires_at": now + DAY}
        session.execute(insert(seat_lease), [{"holder": name, **whose, **times} for name in ("ada", "bob")])
    assert "2 in use, unlimited" in words(as_person("vera", "licenses", install_id=one.install_id))
    app = dialog(signed_in, "sam", "license_seats", one.install_id)
    app.selectbox(key="release-whose").set_value("ada").run()
    say_why(app, "release")
    with databases.control.read(SYSTEM) as session:
        left = seats(session, cast.fiona, one.install_id, now=clock.now()).leases
    assert [each.holder for each in left] == ["bob"]


def test_a_file_is_made_and_listed(
    as_person: AsPerson, signed_in: SignedInAs, issue: Issue, databases: Databases, cast: Cast
) -> None:
    one = issue()
    app = dialog(signed_in, "sam", "license_file_making", one.install_id)
    assert "A file cannot be recalled" in app.warning[0].value
    app.text_input(key="file-key").set_value("no key").run()
    app.button(key="file-confirm").click().run()
    assert "The public key" in app.error[0].value
    app.text_input(key="file-key").set_value("").run()
    app.number_input(key="file-days").set_value(90).run()
    press(app, "file-confirm")
    assert app.code[0].value.startswith("-----BEGIN CALOS LICENSE FILE-----")
    with databases.control.read(SYSTEM) as session:
        (file,) = files_of(session, cast.fiona, one.install_id, now=clock.now())
    assert (file.made_by, file.way) == ("sam@calos.test", "person")
    page = as_person("vera", "licenses", install_id=one.install_id)
    listed = next(table.value for table in page.dataframe if "file" in table.value)
    assert list(listed["file"]) == [f"/api/licenses/{one.install_id}/files/{file.id}"]
    assert not {"make-file", "answer-request"} & {button.key for button in page.button}


def test_an_activation_request_is_answered(signed_in: SignedInAs, issue: Issue) -> None:
    one, other = issue(), issue()
    app = dialog(signed_in, "sam", "license_answer", one.install_id)
    text = app.text_area(key="answer-text")
    text.set_value("hello").run()
    assert "Send the whole file" in app.error[0].value
    assert app.button(key="answer-confirm").disabled
    text.set_value(activation_request(other.install_id, other.install_secret, now=clock.now())).run()
    assert "not of this one" in app.error[0].value
    text.set_value("\n" + activation_request(one.install_id, one.install_secret, now=clock.now())).run()
    assert "Asked by machine-1" in said(app.info[0].value)
    press(app, "answer-confirm")
    assert "The file for machine-1" in said(app.success[0].value)


@pytest.mark.parametrize(
    ("module", "key", "sentence"),
    [
        ("license_secret", "secret", "may not issue licenses"),
        ("license_transfer", "transfer", "may not"),
    ],
)
def test_who_may_not_is_refused_even_so(
    signed_in: SignedInAs, issue: Issue, module: str, key: str, sentence: str
) -> None:
    one, other = issue(), issue()
    app = dialog(signed_in, "mia", module, one.install_id)
    if key == "transfer":
        app.selectbox(key="transfer-to").set_value(other.organization).run()
    assert sentence in say_why(app, key).error[0].value
