"""License files and offline activation, from the request to the file, with the real vendor in between."""

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from calos import ClientError, InvalidFile, LicenseClient, Misconfigured, Untrusted

from tests.client.python.conftest import Site
from tests.client.python.web import fiona, get_json, post_json


def carried(site: Site, request: str) -> str:
    """Return the file that the vendor's people get for a request."""
    token = fiona(site.way.upstream)
    made = post_json(site.way.url, "/api/licenses/offline-activation", {"request": request, "ttlDays": 10}, token)
    return str(made["file"])


def air_gapped(site: Site, **given: object) -> LicenseClient:
    """Return a client without an address, with the keys shipped with the software."""
    keys = get_json(site.way.upstream, "/.well-known/calos-keys.json")
    made = LicenseClient(
        site.license.install_id,
        site.license.install_secret,
        state_dir=site.folder,
        clock=site.wall,
        keys=keys,
        **given,  # type: ignore[arg-type]  # what a test says otherwise
    )
    site.made.append(made)
    return made


def test_an_installation_that_never_had_a_connection_is_activated(site: Site) -> None:
    client = air_gapped(site)
    assert client.start().code == "NOT_VERIFIED"
    request = client.request_activation()
    assert request.startswith("-----BEGIN CALOS ACTIVATION REQUEST-----\n")
    mode = stat.S_IMODE((site.folder / "activation.json").stat().st_mode)
    assert mode == 0o600
    file = carried(site, request)
    state = client.install_file(file)
    assert (state.valid, state.code, state.source) == (True, "VALID", "file")
    assert client.entitled("chatbot")
    fresh = air_gapped(site)
    assert fresh.state.valid, "after a restart too"
    assert fresh.limits == client.limits


def test_a_file_ends_by_the_clock_and_by_its_grace(site: Site) -> None:
    client = air_gapped(site)
    client.install_file(carried(site, client.request_activation()))
    site.wall.turn(days=11)
    assert (client.state.valid, client.state.code) == (False, "FILE_EXPIRED")
    site.wall.turn(days=-11)
    assert client.state.valid
    site.wall.turn(days=-11)
    assert client.state.code == "CLOCK_TAMPERED"


def test_the_answer_to_an_earlier_request_can_still_be_read(site: Site) -> None:
    client = air_gapped(site)
    first = client.request_activation()
    client.request_activation()
    assert client.install_file(carried(site, first)).valid


def test_a_file_for_somebody_else_is_refused(site: Site, tmp_path: Path) -> None:
    client = air_gapped(site)
    file = carried(site, client.request_activation())
    other = LicenseClient(
        site.license.install_id,
        site.license.install_secret,
        state_dir=tmp_path / "other",
        keys=get_json(site.way.upstream, "/.well-known/calos-keys.json"),
    )
    with pytest.raises(InvalidFile, match="encrypted"):
        other.install_file(file)
    other.request_activation()
    with pytest.raises(InvalidFile, match="another installation's key"):
        other.install_file(file)
    assert other.state.code == "NOT_VERIFIED"


def test_any_changed_byte_is_refused(site: Site) -> None:
    client = air_gapped(site)
    file = carried(site, client.request_activation())
    for place in range(0, len(file), 7):
        changed = file[:place] + ("A" if file[place] != "A" else "B") + file[place + 1 :]
        with pytest.raises((Untrusted, InvalidFile)):
            client.install_file(changed)
    assert client.state.code == "NOT_VERIFIED"
    assert client.install_file(file.replace("\n", "\r\n")).valid


def test_an_edited_file_on_disk_counts_for_nothing(site: Site) -> None:
    client = air_gapped(site)
    client.install_file(carried(site, client.request_activation()))
    kept = site.folder / "license.calos"
    kept.write_text(kept.read_text().replace("A", "B", 1))
    assert air_gapped(site).state.code == "NOT_VERIFIED"
    (site.folder / "activation.json").write_text('{"privateKey": "short"}')
    assert air_gapped(site).state.code == "NOT_VERIFIED"


def test_a_file_fetched_while_there_is_a_connection_serves_without(site: Site) -> None:
    client = site.client(grace=timedelta(0))
    client.start()
    assert client.fetch_file(ttlDays=20, graceDays=5).valid
    site.way.mode = "reset"
    site.wall.turn(days=19)
    state = site.client(grace=timedelta(0)).verify()
    assert (state.valid, state.source) == (True, "file")
    site.wall.turn(days=3)
    state = site.client(grace=timedelta(0)).verify()
    assert (state.valid, state.code, state.in_grace) == (True, "FILE_EXPIRED", True)
    site.wall.turn(days=5)
    assert not site.client(grace=timedelta(0)).verify().valid


def test_the_later_of_file_and_answer_counts(site: Site) -> None:
    client = site.client()
    client.fetch_file(ttlDays=20)
    assert client.state.source == "file"
    assert client.verify().source == "online"
    document = json.loads((site.folder / "answer.json").read_text())
    assert document["valid"] is True


def test_what_cannot_be_asked_for_says_so(site: Site, tmp_path: Path) -> None:
    alone = LicenseClient("inst-1", state_dir=tmp_path)
    with pytest.raises(Misconfigured):
        alone.request_activation()
    with pytest.raises(Misconfigured):
        alone.fetch_file()
    with pytest.raises(ClientError):
        alone.install_file("what?")
    with pytest.raises(ClientError, match="3650"):
        site.client().fetch_file(ttlDays=99_999)
