"""The screens of installs and of telemetry as the cast see them: what runs where, how events arrive, one manifest."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from streamlit.testing.v1 import AppTest

from core import clock
from core.access.permissions import ROLE_PERMISSIONS, Permission, Role
from core.accounts.requests import Created, LicenseRequest
from core.accounts.writes import create_license
from core.databases import Databases
from core.licensing.releases import record_release, releases
from core.telemetry.adoption import keep_adoption
from core.telemetry.opt_out import opt_out_of
from core.telemetry.writes import ingest
from db.models.licensing import installation
from db.models.licensing import license as licenses
from db.models.telemetry import event, last_payload
from db.session import SYSTEM
from pages.parts import format as say
from pages.usage.telemetry_words import REASONS
from tests.cast import ROLES, Cast
from tests.core.telemetry.carried import bundle
from tests.pages.conftest import AsPerson, SignedInAs, words

STAFF = ("fiona", "adam", "sam", "mia", "vera")
DAY = timedelta(days=1)


def test_before_anything_runs_both_say_what_to_do(as_person: AsPerson) -> None:
    app = as_person("vera", "installs")
    assert not app.exception
    assert "Nothing is installed yet" in words(app)
    app = as_person("vera", "telemetry")
    assert not app.exception
    assert "No telemetry yet" in words(app)


@pytest.fixture(scope="module")
def made(databases: Databases, cast: Cast) -> dict[str, Created]:
    """Three customers: one in order, one behind with spoiled events, one silent and unsupported."""
    now = clock.now()
    held: dict[str, Created] = {}
    with databases.control.write(SYSTEM) as session:
        for version, ago, ends in (("8.0", 300, -3), ("8.1", 200, 30), ("8.2", 100, 0), ("8.3", 10, 0)):
            until = now + ends * DAY if ends else None
            out = now - ago * DAY
            record_release(session, cast.system, version, released_at=out, supported_until=until, now=now)
        for name, version, ago in (("Tidy *Ltd*", "8.3", 0), ("Messy", "8.1.2", 1), ("Gone Quiet", "8.0", 20)):
            request = LicenseRequest(f"it@{name[:4].lower()}.test", "free", name=name)
            held[name] = create_license(session, cast.fiona, request, now=now - 40 * DAY)
            _installed(session, held[name], version, now - ago * DAY, now)
    with databases.telemetry.write(SYSTEM) as telemetry:
        ingest(telemetry, held["Tidy *Ltd*"].install_id, _events(30, now - timedelta(minutes=40), "8.3"), now=now)
        ingest(telemetry, held["Gone Quiet"].install_id, _events(5, now - 12 * DAY, "8.0"), now=now - 12 * DAY)
        spoiled: list[Any] = [*_events(10, now - 3 * DAY, "8.1.2"), {"id": "x"}, "none", "none"]
        ingest(telemetry, held["Messy"].install_id, spoiled, now=now)
        body = b'{"events": [{"id": "1"}]}'
        payload = {"received_at": now, "kind": "application/json", "size": len(body), "body": body}
        telemetry.execute(insert(last_payload).values(install_id=held["Messy"].install_id, **payload))
    with databases.control.write(SYSTEM) as session, databases.telemetry.read(SYSTEM) as reading:
        keep_adoption(session, reading, now=now)
    return held


def _installed(session: Any, held: Created, version: str, seen: datetime, now: datetime) -> None:
    found = session.execute(
        select(licenses.c.id, licenses.c.organization_id).where(licenses.c.install_id == held.install_id)
    ).one()
    values = {"domain": "pos.test", "version": version, "activated_at": now - 40 * DAY, "last_seen_at": seen}
    session.execute(
        insert(installation).values(
            license_id=found.id, organization_id=found.organization_id, fingerprint="f" * 40, **values
        )
    )


def _events(count: int, at: datetime, version: str) -> list[dict[str, Any]]:
    return [
        {"id": f"{n}", "ts": (at + timedelta(seconds=n)).isoformat(), "type": "login", "user": "u", "version": version}
        for n in range(count)
    ]


# A column that only this table has.
OWN = {
    "installed": "fingerprint",
    "releases": "out",
    "reasons": "code",
    "senders": "quota",
    "collected": "purpose",
    "bundles": "written",
}


def column(app: AppTest, table: str, name: str) -> list[Any]:
    return list(next(each.value for each in app.dataframe if OWN[table] in each.value)[name])


@pytest.mark.parametrize("name", STAFF)
def test_installs_tell_who_is_behind_unsupported_and_silent(
    as_person: AsPerson, made: dict[str, Created], name: str
) -> None:
    app = as_person(name, "installs")
    assert not app.exception
    assert {metric.label: metric.value for metric in app.metric} == {
        "On a supported release": "67%",
        "2 or more behind": "2",
        "Support ends soon": "1",
        "Silent over 7 days": "1",
    }
    assert column(app, "installed", "customer") == ["Gone Quiet", "Messy", "Tidy *Ltd*"]
    assert column(app, "installed", "behind") == ["3 releases", "2 releases", "newest"]
    assert column(app, "installed", "support") == [
        f"ended {say.day(clock.now() - 3 * DAY)}",
        f"until {say.day(clock.now() + 30 * DAY)}",
        "supported",
    ]
    assert column(app, "installed", "fingerprint") == ["ffffffffffffff…"] * 3
    assert column(app, "releases", "installs") == [1, 0, 1, 1]
    chart = app.get("plotly_chart")[0].proto
    assert "8.3" in chart.alt
    may = Permission.LICENSE_UPDATE_TIER in ROLE_PERMISSIONS[Role(ROLES[name])]
    assert any(button.key == "new-release" for button in app.button) == may


def test_installs_are_narrowed_by_chip_search_and_count(as_person: AsPerson, made: dict[str, Created]) -> None:
    assert column(as_person("vera", "installs", show="Unsupported"), "installed", "customer") == ["Gone Quiet"]
    assert column(as_person("vera", "installs", q="8.1.2"), "installed", "customer") == ["Messy"]
    assert "No installation found" in words(as_person("vera", "installs", q="nobody at all"))
    app = as_person("vera", "installs")
    app.button(key="drill-Silent").click().run()
    assert column(app, "installed", "customer") == ["Gone Quiet"]
    app.session_state["install-open"] = {"row": 0, "column": "customer"}
    app.run()
    assert app.query_params["install_id"] in ([made["Gone Quiet"].install_id], made["Gone Quiet"].install_id)


def _release_dialog() -> None:
    from pages.customers import release_dialog
    from pages.parts import session

    release_dialog.body(session.require_actor())


def test_a_release_is_recorded_in_the_dialog(
    signed_in: SignedInAs, made: dict[str, Created], databases: Databases
) -> None:
    signed_in("sam")
    app = AppTest.from_function(_release_dialog, default_timeout=30).run()
    app.text_input(key="release-version").input("latest").run()
    app.button(key="record-release").click().run()
    assert "is no version" in app.error[0].value
    app.text_input(key="release-version").input("8.3.1").run()
    app.button(key="record-release").click().run()
    assert not app.exception
    with databases.control.read(SYSTEM) as session:
        assert "8.3.1" in [each.version for each in releases(session)]


@pytest.mark.parametrize("name", STAFF)
def test_telemetry_says_whether_it_is_to_be_trusted(as_person: AsPerson, made: dict[str, Created], name: str) -> None:
    app = as_person(name, "telemetry")
    assert not app.exception
    said = words(app)
    assert "40 events from 2 installs in 7 days, 75.0% within the hour, 7.0% refused." in said
    assert "many events come late" in said
    shown = {metric.label: metric.value.replace("\\", "") for metric in app.metric}
    assert shown["Received in 7 days"] == "40"
    assert (shown["Late"], shown["Refused"], shown["Silent installs"]) == ("25.0%", "7.0%", "1")
    assert column(app, "reasons", "reason") == ["Not an object", "Lacks id, ts or type"]
    assert column(app, "senders", "customer") == ["Messy", "Tidy *Ltd*"]
    assert column(app, "senders", "reason")[0] == "Not an object"
    assert ("Bundles carried in" in said) == (name != "vera")
    assert any(button.key == "carry" for button in app.button) == (name != "vera")
    narrowed = as_person(name, "telemetry", show="Silent")
    assert column(narrowed, "senders", "customer") == ["Gone Quiet"]
    assert "Clock ahead: nobody" in words(as_person(name, "telemetry", show="Clock ahead"))


def test_one_install_shows_its_manifest_to_whom_it_may(as_person: AsPerson, made: dict[str, Created]) -> None:
    install_id = made["Messy"].install_id
    app = as_person("mia", "telemetry", install_id=install_id)
    assert not app.exception
    said = words(app)
    assert "Telemetry is taken. 10 events accepted and 3 refused in 30 days." in said
    assert "The address (IP) that a batch comes from is not stored." in said
    assert '"id": "1"' in app.code[0].value
    assert column(app, "collected", "name")[:3] == ["id", "ts", "type"]
    assert "**Raw events** · 395 days" in said
    refused = as_person("vera", "telemetry", install_id=install_id)
    assert "telemetry:read" in words(refused)
    assert not refused.code
    assert "There is no license" in as_person("mia", "telemetry", install_id="nobody-s-install").error[0].value


def _choice_dialog(install_id: str, off: bool) -> None:
    from core import clock
    from core.telemetry.opt_out import OptOut
    from pages.parts import manifest, session

    out = None if off else OptOut(install_id, clock.now(), "mia", "Asked by mail.")
    manifest.body(session.require_actor(), install_id, out)


def test_a_choice_to_send_nothing_asks_why_and_erases(
    as_person: AsPerson, signed_in: SignedInAs, made: dict[str, Created], databases: Databases
) -> None:
    install_id = made["Tidy *Ltd*"].install_id
    assert not any(button.key == "choice" for button in as_person("mia", "telemetry", install_id=install_id).button)
    assert any(button.key == "choice" for button in as_person("adam", "telemetry", install_id=install_id).button)
    app = AppTest.from_function(_choice_dialog, kwargs={"install_id": install_id, "off": True}).run()
    assert "erased for good" in words(app)
    assert app.button(key="choice-sure").disabled
    app.text_area(key="choice-reason").input("Asked by mail.").run()
    app.button(key="choice-sure").click().run()
    assert not app.exception
    with databases.control.read(SYSTEM) as session, databases.telemetry.read(SYSTEM) as telemetry:
        out = opt_out_of(session, install_id)
        assert out is not None
        assert (out.reason, out.by) == ("Asked by mail.", "adam@calos.test")
        assert telemetry.execute(select(event.c.event_id).where(event.c.install_id == install_id)).first() is None
    assert "By choice no telemetry is taken" in words(as_person("adam", "telemetry", install_id=install_id))
    app = AppTest.from_function(_choice_dialog, kwargs={"install_id": install_id, "off": False}).run()
    app.text_area(key="choice-reason").input("They asked for it again.").run()
    app.button(key="choice-sure").click().run()
    with databases.control.read(SYSTEM) as session:
        assert opt_out_of(session, install_id) is None


def _bundle_dialog() -> None:
    from pages.parts import session
    from pages.usage import telemetry_bundles

    telemetry_bundles.body(session.require_actor())


def test_a_bundle_is_carried_in_through_the_dialog(
    as_person: AsPerson, signed_in: SignedInAs, made: dict[str, Created]
) -> None:
    held = made["Gone Quiet"]
    events: list[Any] = [*_events(4, clock.now() - 15 * DAY, "8.0"), b"half a li"]
    signed_in("mia")
    app = AppTest.from_function(_bundle_dialog, default_timeout=30).run()
    packed = bundle(held.install_id, held.install_secret, events)
    app.file_uploader(key="bundle-file").upload("events.ndjson.gz", packed, "application/gzip").run()
    app.button(key="take-bundle").click().run()
    assert not app.exception
    assert "4 of 5 events accepted, 0 known before, 1 refused." in words(app)
    app = AppTest.from_function(_bundle_dialog, default_timeout=30).run()
    app.file_uploader(key="bundle-file").upload("x.gz", b"no bundle", "application/gzip").run()
    app.button(key="take-bundle").click().run()
    assert "is no bundle" in app.error[0].value
    app = as_person("mia", "telemetry")
    assert column(app, "bundles", "customer") == ["Gone Quiet"]
    assert column(app, "bundles", "why") == ["Not readable as JSON"]


def test_otto_sees_nothing_of_either(as_person: AsPerson, made: dict[str, Created]) -> None:
    for path in ("installs", "telemetry"):
        app = as_person("otto", path)
        assert "Messy" not in words(app)
        assert not app.dataframe


def _codes() -> Iterator[str]:
    for name in ("events", "writers", "quotas", "installs"):
        text = (Path(__file__).parents[2] / "core" / "telemetry" / f"{name}.py").read_text()
        yield from re.findall(r'(?:_Refused\(\s*|code=)"(\w+)"', text)


def test_every_reason_has_words() -> None:
    found = set(_codes())
    assert len(found) > 10
    assert found == set(REASONS)


def test_installs_are_exported_as_they_are_narrowed(as_person: AsPerson, made: dict[str, Created]) -> None:
    app = as_person("sam", "installs", show="Unsupported", q="gone")
    links = [str(getattr(each.proto, "url", "")) for each in app.get("link_button")]
    csv, xlsx, _pdf = (link for link in links if link.startswith("/api/export"))
    assert set(csv.partition("?")[2].split("&")) == {"format=csv", "report=installs", "q=gone", "need=unsupported"}
    assert "format=xlsx" in xlsx
    viewed = as_person("vera", "installs").get("link_button")
    assert not [each for each in viewed if "/api/export" in str(getattr(each.proto, "url", ""))]
