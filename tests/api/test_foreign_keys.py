"""A key that was signed elsewhere verifies here, over HTTP, with our signature on the answer."""

from collections.abc import Iterator

import pytest
from sqlalchemy import delete

from core import clock
from core.access.actor import system_actor
from core.databases import Databases
from core.imports.keygen.writes import take_over, trust, what_is_new
from core.licensing.foreign_keys import read_public_key
from db.models.imports import trusted_key
from db.models.licensing import license as licenses
from db.session import SYSTEM
from tests.api.conftest import Served
from tests.cast import Cast
from tests.core.imports.keygen.made import PUBLIC_HEX, signed_key
from tests.core.imports.keygen.test_plan import plan

PATH = "/api/licenses/verify-key"


@pytest.fixture(scope="module")
def moved(databases: Databases, cast: Cast) -> Iterator[str]:
    """Move in, and yield the key of a license that is in force."""
    with databases.control.write(SYSTEM) as session:
        vendor = system_actor(cast.vendor)
        take_over(session, vendor, what_is_new(session, plan()), now=clock.now())
        trust(session, vendor, read_public_key(PUBLIC_HEX), "Keygen", now=clock.now())
    yield signed_key("l-one")
    # Other tests of this worker move the same account in.
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(licenses).where(licenses.c.install_id.like("keygen-%")))
        session.execute(delete(trusted_key))


def test_the_key_proves_the_license_and_activates_a_machine(served: Served, moved: str) -> None:
    asked = {"key": moved, "fingerprint": "aa:bb:01", "nonce": "n-1"}
    answer = served.call(None, "POST", PATH, asked)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["valid"], told["code"], told["nonce"]) == (True, "VALID", "n-1")
    assert (told["license"]["installId"], told["license"]["tier"]) == ("keygen-l-one", "pro")
    assert told["entitlements"][-2:] == ["crypto", "offline_mode"]
    assert told["signature"]


def test_the_key_is_the_install_secret_of_its_license_too(served: Served, moved: str) -> None:
    headers = {"Authorization": f"Bearer {moved}"}
    asked = {"installId": "keygen-l-one", "fingerprint": "aa:bb:01"}
    assert served.call(None, "POST", "/api/licenses/verify", asked, **headers).json()["valid"] is True
    wrong = {"Authorization": f"Bearer {signed_key('l-two')}"}
    assert served.call(None, "POST", "/api/licenses/verify", asked, **wrong).status_code == 401


def test_a_suspended_license_is_told_so(served: Served, moved: str) -> None:
    told = served.call(None, "POST", PATH, {"key": signed_key("l-two"), "fingerprint": "x"}).json()
    assert (told["valid"], told["code"]) == (False, "SUSPENDED")


@pytest.mark.parametrize("change", ["payload", "signature", "unsigned", "unknown"])
def test_a_key_that_nobody_trusted_signed_is_none(served: Served, moved: str, change: str) -> None:
    head, _, tail = moved.rpartition(".")
    key = {
        "payload": f"{head[:-1]}A.{tail}",
        "signature": f"{head}.{tail[:10]}{'A' if tail[10] != 'A' else 'B'}{tail[11:]}",
        "unsigned": "keygen-l-one",
        "unknown": signed_key("never issued"),
    }[change]
    answer = served.call(None, "POST", PATH, {"key": key})
    assert (answer.status_code, answer.json()["code"]) == (401, "unknown_key")


def test_bodies_are_strict(served: Served, moved: str) -> None:
    assert served.call(None, "POST", PATH, {"key": moved, "installId": "keygen-l-one"}).status_code == 422
    assert served.call(None, "POST", PATH, {"key": ""}).status_code == 422
