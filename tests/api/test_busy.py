"""What somebody else's transaction holds for long: whoever comes is told to try again, and waits for no end of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from core.databases import LOCK_SECONDS, Databases
from db.models.licensing import license as licenses
from db.session import SYSTEM
from tests.api.conftest import Served
from tests.api.test_license_acts import act, issue


@contextmanager
def holding(databases: Databases, install_id: str) -> Iterator[None]:
    """Hold a license's row, as an act that does not come to its end."""
    mine = select(licenses.c.id).where(licenses.c.install_id == install_id).with_for_update()
    with databases.control.write(SYSTEM) as session:
        session.execute(mine).one()
        yield


def test_a_held_license_is_refused_with_when_to_try_again(served: Served, databases: Databases) -> None:
    made = issue(served)
    reason = {"reason": "They asked for it."}
    with holding(databases, made["installId"]):
        answer = act(served, "adam", made, "suspend", reason, **{"Idempotency-Key": f"busy-{made['installId']}"})
        assert (answer.status_code, answer.headers.get("Retry-After")) == (503, str(LOCK_SECONDS))
        problem = answer.json()
        assert problem["code"] == "busy"
        assert "try again in some seconds" in problem["detail"]
        # Nothing else waits behind it.
        assert issue(served)["installId"] != made["installId"]
    again = act(served, "adam", made, "suspend", reason, **{"Idempotency-Key": f"busy-{made['installId']}"})
    assert (again.status_code, again.json()["status"]) == (200, "suspended")


@pytest.mark.parametrize(("given", "shown"), [(None, "0"), (LOCK_SECONDS, f"{LOCK_SECONDS}s")])
def test_whoever_waits_at_a_door_has_an_end_and_a_job_has_none(
    databases: Databases, given: int | None, shown: str
) -> None:
    with databases.control.write(SYSTEM, lock_seconds=given) as session:
        assert session.connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == shown
    with databases.control.write(SYSTEM) as session:
        assert session.connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == "0", "it was of one transaction"
