"""The license client against the real vendor: what it believes, what it keeps, and what it makes of a clock."""

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from calos import LicenseClient, Misconfigured
from calos.keys import KEYS_PATH

from core import clock
from core.databases import Databases
from core.licensing import writes
from tests.cast import Cast
from tests.client.python.conftest import Site, wait_until
from tests.client.python.faults import Relay, relay


def revoke(databases: Databases, cast: Cast, site: Site) -> None:
    with databases.control.write(cast.fiona.tenancy()) as session:
        writes.revoke(session, cast.fiona, site.license.install_id, reason="test", now=clock.now())


def test_a_verified_license_says_what_it_grants(site: Site) -> None:
    state = site.client().start()
    assert (state.valid, state.code, state.source, state.problem) == (True, "VALID", "online", None)
    client = site.made[0]
    assert isinstance(client, LicenseClient)
    assert client.entitled("chatbot")
    assert not client.entitled("flying")
    assert client.limits["api_calls_day"] is None or client.limits["api_calls_day"] > 0
    assert state.license["maxInstalls"] == 2
    assert state.grace_ends_at is not None


def test_a_start_without_the_vendor_rests_on_the_answer_that_was_kept(site: Site) -> None:
    site.client().start()
    site.way.mode = "reset"
    state = site.client().verify()
    assert (state.valid, state.code, state.source, state.in_grace) == (True, "VALID", "kept", False)
    assert state.problem
    assert "chatbot" in state.entitlements


@pytest.mark.parametrize(
    "fault", ["reset", "500 Oops", "502 Bad Gateway", "429 Too Many Requests", "401 No", "404 Not Found", "302 Found"]
)
def test_no_error_decides_anything(site: Site, fault: str) -> None:
    client = site.client()
    assert client.start().valid
    site.way.answer(fault, b"<html>a proxy's page</html>")
    state = client.verify()
    assert state.valid
    assert state.problem
    # A restart in the middle of it changes nothing.
    assert site.client().verify().valid


@pytest.mark.parametrize("page", [b"<html>sign in to the hotel</html>", b'{"valid": true}', b"", b"\xff\xfe", b"[]"])
def test_a_200_that_nobody_signed_is_no_answer(site: Site, page: bytes) -> None:
    client = site.client()
    site.way.answer("200 OK", page)
    state = client.verify()
    assert (state.valid, state.code) == (False, "NOT_VERIFIED")
    assert state.problem


def test_an_answer_to_another_question_or_installation_is_not_believed(site: Site, tmp_path: Path) -> None:
    other = site.client(state_dir=tmp_path / "other")
    other.verify()
    recorded = (tmp_path / "other" / "answer.json").read_bytes()
    client = site.client()
    assert client.verify().valid  # so that the key is known
    site.way.answer("200 OK", recorded)
    problem = client.verify().problem
    assert problem is not None
    assert "another" in problem
    own = (site.folder / "answer.json").read_bytes()
    site.way.answer("200 OK", own)
    problem = client.verify().problem
    assert problem is not None
    assert "another question" in problem


def test_grace_lasts_from_the_last_valid_answer_and_then_is_over(site: Site) -> None:
    client = site.client(grace=timedelta(days=5))
    client.start()
    site.way.mode = "reset"
    site.wall.turn(days=4)
    state = client.verify()
    assert (state.valid, state.in_grace) == (True, True)
    site.wall.turn(days=2)
    state = client.state
    assert (state.valid, state.code) == (False, "GRACE_OVER")
    assert not client.entitled("chatbot")
    assert client.limits == {}
    fresh = site.client(grace=timedelta(days=5)).verify()
    assert (fresh.valid, fresh.code) == (False, "GRACE_OVER")
    site.way.mode = "pass"
    assert client.verify().valid


def test_without_a_first_answer_there_is_no_grace(site: Site) -> None:
    site.way.mode = "500 Oops"
    state = site.client().start()
    assert (state.valid, state.code, state.source) == (False, "NOT_VERIFIED", "none")


def test_revoked_is_believed_at_once_and_remembered_without_a_connection(
    site: Site, databases: Databases, cast: Cast
) -> None:
    client = site.client()
    assert client.start().valid
    site.way.mode = "reset"
    revoke(databases, cast, site)
    assert client.verify().valid, "offline, nobody can know"
    site.way.mode = "pass"
    state = client.verify()
    assert (state.valid, state.code) == (False, "REVOKED")
    site.way.mode = "reset"
    assert client.verify().code == "REVOKED"
    assert site.client().verify().code == "REVOKED"
    with databases.control.write(cast.fiona.tenancy()) as session:
        writes.reinstate(session, cast.fiona, site.license.install_id, reason="a mistake", now=clock.now())
    site.way.mode = "pass"
    assert site.client().verify().valid, "a later signed answer counts again"


def test_an_install_id_that_does_not_exist_is_conclusive(site: Site) -> None:
    state = LicenseClient("nobody", None, site.way.url, state_dir=site.folder / "x").verify()
    assert (state.valid, state.code, state.source) == (False, "NOT_FOUND", "online")


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace('"valid":true', '"valid":false'),
        lambda text: text.replace('"chatbot"', '"chatbot","everything"'),
        lambda text: text.replace('"expiresAt":null', '"expiresAt":"3000-01-01T00:00:00.000Z"'),
        lambda text: text[: len(text) // 2],
        lambda _: "",
        lambda _: "\x00\x01",
        lambda text: text[:-1] + ',"valid":true}',
    ],
)
def test_an_edited_or_torn_answer_on_disk_counts_for_nothing(site: Site, edit: object) -> None:
    site.client().start()
    file = site.folder / "answer.json"
    assert callable(edit)
    changed = edit(file.read_text())
    assert changed != file.read_text()
    file.write_text(changed)
    site.way.mode = "reset"
    state = site.client().verify()
    assert (state.valid, state.code) == (False, "NOT_VERIFIED")
    site.way.mode = "pass"
    assert site.client().verify().valid


def test_the_answer_of_another_deployment_is_worth_nothing_here(site: Site, tmp_path: Path) -> None:
    site.client().start()
    other = tmp_path / "copied"
    other.mkdir()
    for name in ("answer.json", "keys.json"):
        (other / name).write_bytes((site.folder / name).read_bytes())
    site.way.mode = "reset"
    assert site.client(state_dir=other).verify().code == "NOT_VERIFIED"


def test_keys_are_kept_and_asked_for_anew_once_a_minute_at_most(site: Site) -> None:
    now = [0.0]
    client = site.client(monotonic=lambda: now[0])
    client.verify()
    assert _asked_for_keys(site.way) == 1
    client.verify()
    assert _asked_for_keys(site.way) == 1, "known"
    now[0] += 301
    client.verify()
    assert _asked_for_keys(site.way) == 2, "a key may have been withdrawn"
    forged = json.loads((site.folder / "answer.json").read_text()) | {"kid": "unheard-of"}
    site.way.answer("200 OK", json.dumps(forged).encode())
    for _ in range(3):
        assert client.verify().valid
    assert _asked_for_keys(site.way) == 2
    now[0] += 61
    client.verify()
    client.verify()
    assert _asked_for_keys(site.way) == 3


def _asked_for_keys(way: Relay) -> int:
    return sum(request.startswith(f"GET {KEYS_PATH} ".encode()) for request in way.requests)


def test_pinned_keys_alone_are_believed(site: Site) -> None:
    site.client().verify()
    published = json.loads((site.folder / "keys.json").read_text())
    client = site.client(keys=published, state_dir=site.folder / "pinned")
    before = _asked_for_keys(site.way)
    assert client.verify().valid
    assert _asked_for_keys(site.way) == before
    stranger = {"keys": [{**published["keys"][0], "kid": "other", "calosUse": "answers"}]}
    state = site.client(keys=json.dumps(stranger), state_dir=site.folder / "strange").verify()
    assert (state.valid, state.code) == (False, "NOT_VERIFIED")
    assert state.problem is not None
    assert "built with" in state.problem
    with pytest.raises(Misconfigured):
        site.client(keys="/nowhere/keys.json")


def test_the_fingerprint_stays_and_takes_one_place(site: Site) -> None:
    marks = {site.client().fingerprint for _ in range(3)}
    assert len(marks) == 1
    for _ in range(3):
        assert site.client().verify().valid
    second, third = (site.client(state_dir=site.folder.parent / name) for name in ("second", "third"))
    assert second.verify().valid
    assert third.verify().code == "TOO_MANY_INSTALLS"


def test_processes_that_start_at_once_get_one_fingerprint(site: Site) -> None:
    found: list[str | None] = []
    threads = [threading.Thread(target=lambda: found.append(site.client().fingerprint)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == 1


def test_it_asks_again_when_the_answer_said_so_and_sees_the_revocation(
    site: Site, databases: Databases, cast: Cast
) -> None:
    now = [0.0]
    client = site.client(monotonic=lambda: now[0])
    assert client.start().valid
    revoke(databases, cast, site)
    asked = len(site.way.requests)
    assert client.state.valid
    assert len(site.way.requests) == asked
    now[0] += 27 * 3_600  # a day and a tenth
    client._background.wake()
    wait_until(lambda: client.state.code == "REVOKED")


def test_many_threads_may_ask_at_once(site: Site) -> None:
    client = site.client()
    client.start()
    verdicts: list[bool] = []

    def work() -> None:
        for _ in range(5):
            verdicts.append(client.verify().valid and client.state.valid and client.entitled("chatbot"))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdicts == [True] * 40


def test_a_secret_is_never_sent_in_clear_text_across_a_network(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="clear text"):
        LicenseClient("a", "b", "http://licenses.example.com", state_dir=tmp_path)
    with pytest.raises(Misconfigured, match="CALOS_INSTALL_ID"):
        LicenseClient(state_dir=tmp_path)
    with pytest.raises(Misconfigured, match="no install id"):
        LicenseClient("../../etc", state_dir=tmp_path)


def test_a_redirect_carries_nothing_elsewhere(site: Site) -> None:
    with relay() as elsewhere:
        site.way.answer("307 Temporary Redirect", headers=f"Location: {elsewhere.url}/api/licenses/verify\r\n")
        problem = site.client().verify().problem
        assert problem is not None
        assert "sends on to" in problem
        assert elsewhere.connections == 0


def test_what_the_license_needs_is_asked_for(site: Site) -> None:
    assert site.client(entitlements=["chatbot"]).verify().valid
    state = site.client(entitlements=["flying"]).verify()
    assert (state.valid, state.code) == (False, "ENTITLEMENT_MISSING")
    assert site.client(seats_in_use=lambda: 5).verify().code == "TOO_MANY_SEATS"


def test_times_are_those_that_were_signed(site: Site) -> None:
    state = site.client().verify()
    assert state.issued_at is not None
    assert state.check_again_at is not None
    assert abs(state.issued_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert state.check_again_at - state.issued_at <= timedelta(days=1)
