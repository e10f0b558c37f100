"""Addresses that people have bookmarked or type lead to today's pages."""

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from api import redirects


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/overview", "/"),
        ("/overview?range=30d", "/?range=30d"),
        ("/enterprise-dashboard.html", "/customers"),
        ("/culture-profile.html", "/culture"),
        ("/culture-profile.html?install_id=a%26b", "/culture?install_id=a%26b"),
    ],
)
def test_an_address_leads_on(asked: str, led_to: str) -> None:
    client = TestClient(Starlette(routes=redirects.routes), follow_redirects=False)
    answer = client.get(asked)
    assert answer.status_code in {307, 308}
    assert answer.headers["location"] == led_to
