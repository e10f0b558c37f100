"""Brands over HTTP: an install's for its own software, a host's on the sign-in page, and nothing for forged hosts."""

import base64
import io

import pytest
from httpx2 import Response
from PIL import Image

from core.ids import new_id
from tests.api.conftest import Served
from tests.hostile_names import HARMLESS, HOSTILE, made_of


def _picture() -> str:
    made = io.BytesIO()
    Image.new("RGB", (30, 10), "#16a34a").save(made, "PNG")
    return base64.b64encode(made.getvalue()).decode()


@pytest.fixture(scope="module")
def install_id(served: Served) -> str:
    body = {"userId": f"brand-{new_id()}@brand.test", "tier": "basic"}
    return str(served.call("fiona", "POST", "/api/enterprise/create-license", body).json()["installId"])


@pytest.fixture(scope="module")
def host(served: Served, install_id: str) -> str:
    brand = {"name": "Hooli <b>", "primaryColor": "#16a34a", "supportEmail": "help@hooli.test", "logo": _picture()}
    assert served.call("sam", "PUT", f"/api/enterprise/customer/{install_id}/branding", brand).status_code == 200
    name = f"portal-{new_id()}.hooli.test"
    added = served.call("sam", "POST", f"/api/enterprise/customer/{install_id}/domains", {"host": name})
    assert (added.status_code, added.json()) == (201, {"domains": [name]})
    return name


def test_an_install_is_told_its_brand_without_a_credential(served: Served, install_id: str, host: str) -> None:
    told = served.call(None, "GET", f"/api/branding/{install_id}")
    assert told.status_code == 200
    assert told.json() | {"logoUrl": ""} == {
        "installId": install_id, "name": "Hooli <b>", "primaryColor": "#16a34a", "logoUrl": "",
        "supportEmail": "help@hooli.test", "supportUrl": None, "fromName": "Hooli <b>",
    }  # fmt: skip
    logo = served.call(None, "GET", told.json()["logoUrl"])
    assert (logo.status_code, logo.headers["content-type"]) == (200, "image/png")
    assert "sandbox" in logo.headers["content-security-policy"]
    assert "immutable" in logo.headers["cache-control"]


def test_an_install_without_a_brand_has_the_vendors_and_none_is_not_found(served: Served) -> None:
    body = {"userId": f"plain-{new_id()}@brand.test", "tier": "basic"}
    plain = served.call("fiona", "POST", "/api/enterprise/create-license", body).json()["installId"]
    assert served.call(None, "GET", f"/api/branding/{plain}").json()["name"] == "Calos"
    assert served.call(None, "GET", "/api/branding/inst-nobody").status_code == 404
    assert served.call(None, "GET", f"/api/logos/{'0' * 64}").status_code == 404


def _sign_in_page(served: Served, host: str) -> Response:
    return served.client.get("/login", headers={"Host": host})


def test_the_sign_in_page_wears_the_brand_of_its_host(served: Served, host: str) -> None:
    page = _sign_in_page(served, f"{host}:5001")
    assert page.status_code == 200
    assert "Hooli &lt;b&gt;" in page.text
    assert "#16a34a" in page.text
    assert "help@hooli.test" in page.text
    assert "Hooli <b>" not in page.text
    assert _sign_in_page(served, host.upper()).text.count("Hooli &lt;b&gt;") > 0


@pytest.fixture(scope="module")
def hostile_host(served: Served) -> tuple[str, str]:
    """Return an install and the host name that shows its brand."""
    body = {"userId": f"hostile-{new_id()}@brand.test", "tier": "basic"}
    install = str(served.call("fiona", "POST", "/api/enterprise/create-license", body).json()["installId"])
    name = f"hostile-{new_id()}.hooli.test"
    assert served.call("sam", "POST", f"/api/enterprise/customer/{install}/domains", {"host": name}).status_code == 201
    return install, name


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("logo", [False, True])
def test_a_hostile_name_is_text_on_the_sign_in_page_and_in_its_title(
    served: Served, hostile_host: tuple[str, str], name: str, logo: bool
) -> None:
    install, host = hostile_host
    pages = []
    for each in (HARMLESS, name):
        brand = {"name": each, "primaryColor": "#16a34a", "logo": _picture() if logo else None}
        changed = served.call("sam", "PUT", f"/api/enterprise/customer/{install}/branding", brand)
        assert changed.status_code == 200, changed.text
        pages.append(made_of(_sign_in_page(served, host).text, each))
    (harmless, _), (tags, text) = pages
    assert tags == harmless
    assert f"Sign in · {name}" in text
    assert f"to {name}" in text


@pytest.mark.parametrize("forged", ["evil.test", "localhost", "127.0.0.1:5001", "x.{host}", "{host}.evil.test"])
def test_other_hosts_get_the_vendors_brand(served: Served, host: str, forged: str) -> None:
    page = _sign_in_page(served, forged.replace("{host}", host))
    assert page.status_code == 200
    assert "Hooli" not in page.text
    assert forged.replace("{host}", host) not in page.text


def test_a_forwarded_host_is_not_believed(served: Served, host: str) -> None:
    headers = {"X-Forwarded-Host": host, "Forwarded": f"host={host}", "X-Original-Host": host}
    assert "Hooli" not in served.client.get("/login", headers=headers).text


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"logo": "no base64!"}, "logo"),
        ({"logo": "³é"}, "logo"),
        ({"logo": base64.b64encode(b"GIF89a").decode()}, "logo"),
        ({"primaryColor": "blue"}, "primaryColor"),
        ({"supportUrl": "http://x.test"}, "supportUrl"),
    ],
)
def test_bad_brands_are_refused_and_change_nothing(
    served: Served, install_id: str, host: str, changed: dict[str, str], field: str
) -> None:
    body = {"name": "Other", "primaryColor": "#000000", **changed}
    refused = served.call("sam", "PUT", f"/api/enterprise/customer/{install_id}/branding", body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == f"/{field}"
    assert served.call(None, "GET", f"/api/branding/{install_id}").json()["name"] == "Hooli <b>"


def test_a_host_that_is_taken_is_a_conflict(served: Served, host: str) -> None:
    body = {"userId": f"other-{new_id()}@brand.test", "tier": "basic"}
    other = served.call("fiona", "POST", "/api/enterprise/create-license", body).json()["installId"]
    taken = served.call("sam", "POST", f"/api/enterprise/customer/{other}/domains", {"host": host})
    assert (taken.status_code, taken.json()["code"]) == (409, "host_taken")
    gone = served.call("sam", "POST", f"/api/enterprise/customer/{other}/domains/remove", {"host": host})
    assert gone.status_code == 404
