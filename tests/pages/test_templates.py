"""The pages outside the app: they render, escape what they get, label every input, fetch nothing from elsewhere."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

ASSETS = Path(__file__).parents[2] / "assets"
HOSTILE = "\"><script>alert('x')</script>"
BRAND = {
    "name": "Calos",
    "logo": "/assets/logo.svg",
    "support_email": "support@calos.test",
    "sales_email": "sales@calos.test",
    "security_email": "security@calos.test",
}
STEPS = [
    {"label": "PostgreSQL", "state": "done", "detail": "started in 2 s"},
    {"label": "Demo world", "state": "now", "detail": None},
]
DEMO = [{"email": "fiona@calos.test", "role": "Owner", "password": "calos-demo-password"}]
LEAST: dict[str, dict[str, Any]] = {
    "sign_in.html": {"next": "/", "csrf": "token"},
    "starting.html": {"steps": STEPS, "percent": 40},
    "setup.html": {"token": "once", "csrf": "token"},
    "message.html": {"title": "Gone", "sentence": "This link was used already."},
}


class Page(HTMLParser):
    """Collects what the tests ask about."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember each opening tag."""
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]

    def input(self, name: str) -> dict[str, str | None]:
        """The attributes of the field of that name."""
        return next(attributes for attributes in self.all("input") if attributes.get("name") == name)


def render(template: str, **values: Any) -> str:
    loader = FileSystemLoader(ASSETS)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    given = {"brand": BRAND, "nonce": "n0nce"} | LEAST[template] | values
    return environment.get_template(template).render(**given)


@pytest.mark.parametrize("template", LEAST)
def test_each_page_renders_from_the_least_it_needs(template: str) -> None:
    page = Page(render(template))
    assert page.all("html")[0]["lang"] == "en"
    assert page.all("meta")[1]["content"] == "width=device-width, initial-scale=1"
    assert len(page.all("h1")) == 1
    assert len(page.all("main")) == 1


@pytest.mark.parametrize("template", LEAST)
def test_nothing_is_fetched_from_elsewhere(template: str) -> None:
    html = render(template)
    assert not re.findall(r"(?:https?:)?//[a-z]", html)
    addresses = re.findall(r"(?:src|href)=\"([^\"]+)\"|url\(([^)]+)\)", html)
    for address in (one or other for one, other in addresses):
        assert address.startswith(("/", "mailto:")), address
        if address.startswith("/assets/"):
            assert (ASSETS / "static" / address.removeprefix("/assets/")).is_file(), address


@pytest.mark.parametrize("template", LEAST)
def test_scripts_and_styles_carry_the_nonce_and_none_hides_in_attributes(template: str) -> None:
    page = Page(render(template))
    assert all(each["nonce"] == "n0nce" for each in [*page.all("script"), *page.all("style")])
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]


@pytest.mark.parametrize("template", ["sign_in.html", "setup.html"])
def test_every_input_has_its_label(template: str) -> None:
    page = Page(render(template, demo=DEMO) if template == "sign_in.html" else render(template))
    labeled = {each["for"] for each in page.all("label")}
    for each in page.all("input"):
        assert each["type"] == "hidden" or each["id"] in labeled
    for each in page.all("button"):
        assert each.get("aria-label") or each["type"] == "submit"


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("sign_in.html", {"error": HOSTILE, "next": HOSTILE, "csrf": HOSTILE, "email": HOSTILE}),
        ("sign_in.html", {"demo": [{"email": HOSTILE, "role": HOSTILE, "password": HOSTILE}]}),
        ("starting.html", {"error": HOSTILE, "steps": [{"label": HOSTILE, "state": "now", "detail": HOSTILE}]}),
        ("starting.html", {"brand": BRAND | {"name": HOSTILE, "logo": None}}),
        ("setup.html", {"token": HOSTILE, "values": {"name": HOSTILE}, "errors": {"email": HOSTILE}, "error": HOSTILE}),
        ("message.html", {"title": HOSTILE, "sentence": HOSTILE, "advice": HOSTILE, "request_id": HOSTILE}),
        ("message.html", {"link": {"href": HOSTILE, "label": HOSTILE}}),
    ],
)
def test_what_is_given_stays_text(template: str, values: dict[str, Any]) -> None:
    html = render(template, **values)
    assert "<script>alert" not in html
    assert "alert(" in html
    assert len(Page(html).all("script")) == len(Page(render(template)).all("script"))


def test_password_managers_find_their_fields() -> None:
    sign_in, setup = Page(render("sign_in.html")), Page(render("setup.html"))
    assert sign_in.all("form")[0] | {"id": ""} == {"method": "post", "action": "/login", "id": ""}
    assert sign_in.input("email")["autocomplete"] == "username"
    assert sign_in.input("password")["autocomplete"] == "current-password"
    assert setup.input("password")["autocomplete"] == setup.input("password_again")["autocomplete"] == "new-password"
    assert setup.input("password")["minlength"] == "15"


def test_a_failed_sign_in_is_announced_and_keeps_the_email() -> None:
    html = render("sign_in.html", status=401, email="fiona@calos.test")
    page = Page(html)
    assert any(each.get("role") == "alert" for _, each in page.tags)
    assert any(each.get("aria-live") == "assertive" for _, each in page.tags)
    assert page.input("email")["value"] == "fiona@calos.test"
    assert "value" not in page.input("password")
    assert "autofocus" in page.input("password")


@pytest.mark.parametrize(
    ("status", "minutes", "words"),
    [(423, 12, "in 12 minutes"), (429, 1, "in 1 minute."), (429, None, "in a few minutes"), (403, None, "too long")],
)
def test_a_locked_door_says_when_to_come_back(status: int, minutes: int | None, words: str) -> None:
    assert words in render("sign_in.html", status=status, retry_minutes=minutes)


def test_a_wrong_field_says_so_where_it_stands() -> None:
    page = Page(render("setup.html", errors={"email": "That is not an email address."}))
    email = page.input("email")
    assert email["aria-invalid"] == "true"
    described = (email["aria-describedby"] or "").split()
    assert all(any(each.get("id") == name for _, each in page.tags) for name in described)


def test_starting_works_without_a_script() -> None:
    html = render("starting.html")
    assert '<noscript><meta http-equiv="refresh"' in html
    assert Page(html).all("progress")[0]["value"] == "40"


def test_a_demo_sign_in_can_be_read_without_a_script() -> None:
    html = render("sign_in.html", demo=DEMO)
    assert "calos-demo-password" in re.sub(r"<button.*?</button>", "", html)
    assert "fiona@calos.test" in re.sub(r"<button.*?</button>", "", html)
