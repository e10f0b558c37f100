"""The screens of usage as the cast see them: everybody against every limit, one customer, and the limits in force."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.accounts.cards import refresh_card
from core.accounts.requests import Created, LicenseRequest
from core.accounts.writes import create_license
from core.databases import Databases
from core.usage.reads import overrides
from core.usage.records import UsageRecord, record_usage
from db.session import SYSTEM
from tests.cast import Cast
from tests.pages.conftest import AsPerson, SignedInAs, words

STAFF = ("fiona", "adam", "sam", "mia", "vera")
DAY = timedelta(days=1)
GROWING = [round(3_000 * 1.018**day) for day in range(56)]


def test_before_anybody_reports_it_says_what_to_do(as_person: AsPerson) -> None:
    app = as_person("fiona", "usage")
    assert not app.exception
    assert "No usage yet" in words(app)
    assert "None is in force" in words(as_person("fiona", "limits"))


@pytest.fixture(scope="module")
def gekko(databases: Databases, cast: Cast) -> Created:
    """Return Gekko, growing towards its limit, beside Kestrel, which stores too much, and Calm."""
    now = clock.now()
    with databases.control.write(SYSTEM) as session:
        made = {
            name: create_license(
                session, cast.fiona, LicenseRequest(f"it@{name[:5]}.test", "basic", name=name), now=now
            )
            for name in ("Gekko *Capital*", "Kestrel", "Calm")
        }
    reports = {
        "Gekko *Capital*": {"api_calls_day": GROWING},
        "Kestrel": {"storage_bytes": [11 * 10**9] * 20},
        "Calm": {"api_calls_day": [50] * 56, "projects": [2] * 20},
    }
    with databases.telemetry.write(SYSTEM) as telemetry:
        for name, meters in reports.items():
            for meter, amounts in meters.items():
                record_usage(telemetry, made[name].install_id, _days(meter, amounts, now), now=now)
    with databases.control.write(SYSTEM) as session, databases.telemetry.read(SYSTEM) as telemetry:
        for each in made.values():
            refresh_card(session, telemetry, each.organization_id, now=now)
    return made["Gekko *Capital*"]


def _days(meter: str, amounts: list[int], now: datetime) -> list[UsageRecord]:
    return [
        UsageRecord(f"{meter}{back}", meter, amount, now - back * DAY) for back, amount in enumerate(amounts[::-1], 1)
    ]


def column(app: AppTest, name: str, table: int = 0) -> list[Any]:
    return list(app.dataframe[table].value[name])


@pytest.mark.parametrize("name", STAFF)
def test_staff_see_who_is_over_near_or_jumping(as_person: AsPerson, gekko: Created, name: str) -> None:
    app = as_person(name, "usage")
    assert not app.exception
    assert {metric.label: metric.value for metric in app.metric} == {
        "Over a limit": "1",
        "Near a limit": "1",
        "Jumping": "1",
    }
    assert column(app, "name") == ["Kestrel", "Gekko *Capital*", "Calm"]
    assert [list(each) for each in column(app, "state")] == [["Over"], ["Near", "Jumping"], []]
    assert column(app, "storage_bytes")[0] == 1.1
    assert "65%" in str(column(app, "change")[1])


def test_a_chip_in_the_address_keeps_one_state(as_person: AsPerson, gekko: Created) -> None:
    assert column(as_person("vera", "usage", show="Jumping"), "name") == ["Gekko *Capital*"]
    assert column(as_person("vera", "usage", q="kest"), "name") == ["Kestrel"]
    assert "No customer is called that" in words(as_person("vera", "usage", q="nobody at all"))


def test_a_count_leads_to_who_is_counted(as_person: AsPerson, gekko: Created) -> None:
    app = as_person("vera", "usage")
    app.button(key="drill-Over").click().run()
    assert not app.exception
    assert column(app, "name") == ["Kestrel"]
    assert app.query_params["show"] in (["Over"], "Over")


def test_a_name_opens_the_customer(as_person: AsPerson, gekko: Created) -> None:
    app = as_person("sam", "usage")
    app.session_state["usage-open"] = {"row": 1, "column": "name"}
    app.run()
    assert app.query_params["install_id"] in ([gekko.install_id], gekko.install_id)


@pytest.mark.parametrize("name", STAFF)
def test_one_customer_shows_gauges_and_what_lies_ahead(as_person: AsPerson, gekko: Created, name: str) -> None:
    app = as_person(name, "usage", install_id=gekko.install_id)
    assert not app.exception
    said = words(app)
    assert app.title[0].value.replace("\\", "") == "Gekko *Capital*"
    assert "API calls a day: up 65% in 28 days" in app.warning[0].value.replace("\\", "")
    assert "will reach it in" in app.warning[0].value
    assert "of 10,000 on a busy day" in said
    assert "the installation does not report it" in said
    assert "dotted: the median of simulated futures" in said
    assert column(app, "source") == ["The tier"] * 5
    chart = app.get("plotly_chart")[0].proto
    assert "Limit 10K" in chart.alt


def test_the_address_names_the_meter(as_person: AsPerson, gekko: Created) -> None:
    app = as_person("vera", "usage", install_id=gekko.install_id, meter="storage_bytes")
    assert "no history, the installation does not report it" in words(app)
    app = as_person("vera", "usage", install_id=gekko.install_id)
    next(button for button in app.button if button.key == "gauge-projects").click().run()
    assert not app.exception
    assert "Projects: no history" in words(app)


def test_an_unknown_install_leads_back(as_person: AsPerson) -> None:
    app = as_person("vera", "usage", install_id="nobody-s-install")
    assert not app.exception
    assert "There is no license" in app.warning[0].value


def test_limits_by_tier_are_the_seeds(as_person: AsPerson) -> None:
    app = as_person("vera", "limits")
    assert not app.exception
    table = app.dataframe[0].value
    assert list(table["meter"]) == ["API calls a day", "Storage", "Bandwidth a month", "Members", "Projects"]
    said = [[str(cell).replace("\u00a0", " ") for cell in table[tier]] for tier in ("free", "enterprise")]
    assert said == [["1,000", "1 GB", "10 GB", "3", "1"], ["Unlimited", "1 TB", "10 TB", "500", "100"]]


def test_only_who_may_sees_the_control(as_person: AsPerson, gekko: Created) -> None:
    for name, may in (("fiona", True), ("adam", True), ("sam", False), ("mia", False), ("vera", False)):
        for path, query in (("limits", {}), ("usage", {"install_id": gekko.install_id})):
            keys = {button.key for button in as_person(name, path, **query).button}
            assert ("agree" in keys) is may, (name, path)


def _add(install_id: str) -> None:
    from pages.parts import session
    from pages.usage import agreed

    agreed.add(session.require_actor(), install_id)


def _end(install_id: str) -> None:
    from core import clock
    from core.usage.reads import overrides
    from pages.parts import load, session
    from pages.usage import agreed

    actor = session.require_actor()
    found = load.fresh(overrides, actor, now=clock.now(), install_id=install_id)
    if found:
        agreed.confirm_end(actor, found[0])


def test_a_limit_is_agreed_listed_and_ended(
    signed_in: SignedInAs, as_person: AsPerson, databases: Databases, cast: Cast, gekko: Created
) -> None:
    signed_in("adam")
    app = AppTest.from_function(_add, kwargs={"install_id": gekko.install_id}).run()
    assert "In force now: 10,000" in words(app)
    assert app.button(key="new-confirm").disabled
    app.number_input(key="new-limit").set_value(20_000).run()
    app.button(key="new-confirm").click().run()
    assert "Say why" in app.error[0].value
    app.text_input(key="new-reason").set_value("Launch campaign").run()
    app.button(key="new-confirm").click().run()
    assert not app.exception
    with databases.control.read(SYSTEM) as session:
        agreed = overrides(session, cast.adam, now=clock.now(), install_id=gekko.install_id)
    assert [(one.meter, one.highest, one.reason) for one in agreed] == [("api_calls_day", 20_000, "Launch campaign")]
    app = as_person("adam", "limits")
    assert (column(app, "name", 1), column(app, "limit", 1)) == (["Gekko *Capital*"], ["20,000"])
    assert "Agreed with this customer" in column(as_person("vera", "usage", install_id=gekko.install_id), "source")
    signed_in("adam")
    app = AppTest.from_function(_end, kwargs={"install_id": gekko.install_id}).run()
    assert "End the limit of Gekko *Capital*?" in words(app)
    app.text_area(key="end-reason").set_value("The campaign is over").run()
    app.button(key="end-confirm").click().run()
    assert not app.exception
    assert "None is in force" in words(as_person("adam", "limits"))
    assert column(as_person("adam", "limits", show="Ended"), "why", 1) == ["Launch campaign"]


def test_a_role_without_the_permission_is_refused_even_so(signed_in: SignedInAs, gekko: Created) -> None:
    signed_in("sam")
    app = AppTest.from_function(_add, kwargs={"install_id": gekko.install_id}).run()
    app.toggle(key="new-unlimited").set_value(True).run()
    app.text_input(key="new-reason").set_value("because").run()
    app.button(key="new-confirm").click().run()
    assert "may not change limits" in app.error[0].value


def test_otto_sees_his_portal_and_nothing_else(as_person: AsPerson) -> None:
    for path in ("usage", "limits"):
        app = as_person("otto", path)
        assert app.title[0].value == "Your portal"
        assert len(app.dataframe) == 0
