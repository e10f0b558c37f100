"""The API as it is served: front door, start, doors and routers, in one process with the test's database."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from core.config import Settings
from core.databases import Databases
from tests.cast import PASSWORD, Cast


class Served:
    """A client of the served API; `as_` returns the headers of somebody signed in."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self._tokens: dict[str, str] = {}

    def as_(self, name: str) -> dict[str, str]:
        """Return the headers of a person of the cast, signed in once."""
        if name not in self._tokens:
            answer = self.client.post("/api/auth/token", json={"email": f"{name}@calos.test", "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            self._tokens[name] = answer.json()["access_token"]
        return {"Authorization": f"Bearer {self._tokens[name]}"}

    def call(self, name: str | None, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Return the answer to a call by somebody of the cast, or by nobody."""
        given = {**(self.as_(name) if name else {}), **headers}
        content = None if body is None else json.dumps(body)
        if content is not None:
            given["Content-Type"] = "application/json"
        return self.client.request(method, path, headers=given, content=content)


@pytest.fixture(scope="session")
def served(test_settings: Settings, databases: Databases, cast: Cast) -> Iterator[Served]:
    """Yield the API once it is ready."""
    from api.main import create_standalone  # after the settings of this worker are in the environment

    with TestClient(create_standalone(), base_url="http://localhost:5001", raise_server_exceptions=False) as client:
        for _ in range(600):
            if client.get("/readyz").status_code == 200:
                break
            time.sleep(0.05)
        else:
            raise AssertionError(client.get("/status.json").text)
        yield Served(client)
