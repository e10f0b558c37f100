"""Brands: what is asked of one, logos made harmless, and host names that show it."""

import io
import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from core.access.permissions import Permission
from core.config import settings
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from core.organizations import logos
from core.organizations.brands import BrandDraft, checked, ink
from core.organizations.reads import brand_at, brand_of_organization, logo_by_digest, own_brand
from core.organizations.writes import add_domain, remove_domain, set_brand
from db.models.access import audit_entry
from db.session import WriteSession
from tests.cast import Cast
from tests.conftest import NOW

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">%s</svg>'
DRAFT = BrandDraft(" Globex ", "#1D4ED8", "help@globex.test", "https://help.globex.test", None)


def png(width: int = 40, height: int = 20) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), "#1d4ed8").save(made, "PNG")
    return made.getvalue()


def huge_png() -> bytes:
    """A picture of 900 million pixels in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"0")) + chunk(b"IEND", b"")


def test_a_draft_is_kept_in_one_form() -> None:
    assert checked(DRAFT) == BrandDraft("Globex", "#1d4ed8", "help@globex.test", "https://help.globex.test", None)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"primary_color": "red"}, "primaryColor"),
        ({"primary_color": "#12345g"}, "primaryColor"),
        ({"primary_color": "#123456;}"}, "primaryColor"),
        ({"support_email": "nobody"}, "supportEmail"),
        ({"support_email": "help@globex.test?bcc=evil@evil.test"}, "supportEmail"),
        ({"support_email": "help@globex.test?cc=evil"}, "supportEmail"),
        ({"support_email": "help@globex.test%0Acc:evil"}, "supportEmail"),
        ({"support_url": "http://help.test"}, "supportUrl"),
        ({"support_url": "javascript:alert(1)"}, "supportUrl"),
        ({"support_url": 'https://a.test/"onload='}, "supportUrl"),
        ({"support_url": "https://user@evil.test"}, "supportUrl"),
    ],
)
def test_what_is_no_brand_is_refused_by_its_field(changed: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked(BrandDraft(**{"name": "Globex", "primary_color": "#1d4ed8", **changed}))
    assert refused.value.field == field


@pytest.mark.parametrize(("color", "text"), [("#000000", "#ffffff"), ("#ffffff", "#0f172a"), ("#facc15", "#0f172a")])
def test_text_can_be_read_on_every_color(color: str, text: str) -> None:
    assert ink(color) == text


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_pictures_are_drawn_anew_and_nothing_else_of_them_remains(kind: str) -> None:
    made = io.BytesIO()
    Image.new("RGB", (3_000, 1_000), "#16a34a").save(made, kind)
    logo = logos.checked(made.getvalue() + b"<script>alert(1)</script>")
    with Image.open(io.BytesIO(logo.content)) as shown:
        assert (logo.media_type, shown.format, shown.size) == ("image/png", "PNG", (1536, 512))
    assert b"<script>" not in logo.content


@pytest.mark.parametrize(
    "evil",
    [
        b"<script>alert(1)</script>",
        b'<rect onload="alert(1)"/>',
        b'<a href="javascript:alert(1)"><rect/></a>',
        b"<foreignObject><iframe src='//evil.test'/></foreignObject>",
        b'<image href="https://evil.test/x.png"/>',
        b'<use href="https://evil.test/x.svg#a"/>',
        b'<rect style="fill:url(https://evil.test/x)"/>',
    ],
)
def test_drawings_keep_shapes_and_lose_what_could_act_or_be_fetched(evil: bytes) -> None:
    logo = logos.checked(SVG % (b'<circle r="4"/>' + evil))
    assert logo.media_type == "image/svg+xml"
    assert b"<circle" in logo.content
    for left in (b"script", b"onload", b"javascript", b"iframe", b"evil.test"):
        assert left not in logo.content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<html></html>",
        b"<!DOCTYPE svg [<!ENTITY a 'b'>]>" + SVG % b"<text>&a;</text>",
        SVG % (b"<g>" * 5_000 + b"</g>" * 5_000),
        SVG % (b"<g>" * 28 + b"<g/>" * 40_000 + b"</g>" * 28),
        b"<svg",
        png()[:40],
        huge_png(),
        b"\x89PNG\r\n\x1a\n" + b"0" * 400_000,
    ],
    ids=["empty", "gif", "html", "entities", "deep", "blown up", "cut", "cut png", "bomb", "large"],
)
def test_what_is_no_logo_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        logos.checked(content)
    assert (refused.value.field, refused.value.message[-1]) == ("logo", ".")


@given(
    st.binary(max_size=300)
    | st.binary(max_size=80).map(lambda tail: b"<svg" + tail)
    | st.just(png()).flatmap(
        lambda good: st.integers(8, len(good) - 1).map(lambda at: good[:at] + b"\xff" + good[at + 1 :])
    )
)
def test_no_bytes_do_more_than_be_refused(content: bytes) -> None:
    with suppress(InvalidInput):
        assert logos.checked(content).media_type in {"image/png", "image/svg+xml"}


def test_a_host_name_shows_the_brand_of_its_customer(session: WriteSession, cast: Cast) -> None:
    set_brand(session, cast.adam, cast.globex, DRAFT, now=NOW, picture=png())
    assert add_domain(session, cast.adam, cast.globex, "Portal.Globex.test.", now=NOW) == "portal.globex.test"
    for host in ("portal.globex.test", "PORTAL.globex.test:5001", "portal.globex.test."):
        found = brand_at(session, host)
        assert found is not None
        assert (found.name, found.primary_color, found.from_name) == ("Globex", "#1d4ed8", "Globex")
    found = brand_of_organization(session, cast.globex)
    assert found is not None
    assert found.logo is not None
    assert brand_at(session, "portal.globex.test") == found
    shown = logo_by_digest(session, found.logo)
    assert shown is not None
    assert shown.content.startswith(b"\x89PNG")
    remove_domain(session, cast.adam, cast.globex, "portal.globex.test", now=NOW)
    assert brand_at(session, "portal.globex.test") is None


@pytest.mark.parametrize(
    "forged",
    ["", "localhost", "127.0.0.1", "evil.test", "portal.globex.test.evil.test", "portal.globex.test@evil.test",
     "portal.globex.test/..", "portal.globex.test, evil.test", "x" * 5_000, "%00portal.globex.test", "[::1]:80"],
)  # fmt: skip
def test_unknown_and_forged_hosts_show_nobodys(session: WriteSession, cast: Cast, forged: str) -> None:
    set_brand(session, cast.adam, cast.globex, DRAFT, now=NOW)
    add_domain(session, cast.adam, cast.globex, "portal.globex.test", now=NOW)
    assert brand_at(session, forged) is None


def test_a_host_name_is_one_customers_only(session: WriteSession, cast: Cast) -> None:
    add_domain(session, cast.adam, cast.globex, "portal.shared.test", now=NOW)
    with pytest.raises(Conflict):
        add_domain(session, cast.adam, cast.vendor, "portal.shared.test", now=NOW)
    with pytest.raises(NotFound):
        remove_domain(session, cast.adam, cast.vendor, "portal.shared.test", now=NOW)
    for nothing in ("", "localhost", "10.0.0.1", "a b.test", "*.globex.test", "-x.test"):
        with pytest.raises(InvalidInput):
            add_domain(session, cast.adam, cast.globex, nothing, now=NOW)


def test_our_own_host_shows_nobody_elses_brand(
    session: WriteSession, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = settings().model_copy(update={"public_url": "https://Console.Calos.test:8443"})
    monkeypatch.setattr("core.organizations.writes.settings", lambda: ours)
    with pytest.raises(Conflict, match="this server"):
        add_domain(session, cast.adam, cast.globex, "console.calos.test.", now=NOW)


def test_the_logo_stays_until_it_is_replaced_or_taken_away(session: WriteSession, cast: Cast) -> None:
    set_brand(session, cast.adam, cast.globex, DRAFT, now=NOW, picture=png())
    first = own_brand(session, cast.fiona, cast.globex).logo
    set_brand(session, cast.adam, cast.globex, DRAFT, now=NOW)
    assert own_brand(session, cast.fiona, cast.globex).logo == first
    set_brand(session, cast.adam, cast.globex, DRAFT, now=NOW, picture=png(10, 10))
    assert own_brand(session, cast.fiona, cast.globex).logo not in {first, None}
    assert first is not None
    assert logo_by_digest(session, first) is None
    set_brand(session, cast.adam, cast.globex, DRAFT, now=NOW, without_logo=True)
    assert own_brand(session, cast.fiona, cast.globex).logo is None


def test_a_bad_logo_changes_nothing(session: WriteSession, cast: Cast) -> None:
    set_brand(session, cast.adam, cast.globex, DRAFT, now=NOW)
    with pytest.raises(InvalidInput):
        set_brand(session, cast.adam, cast.globex, BrandDraft("Other", "#000000"), now=NOW, picture=b"GIF89a")
    assert own_brand(session, cast.fiona, cast.globex).display_name == "Globex"


def test_who_may_not_change_customers_sets_no_brand(session: WriteSession, cast: Cast) -> None:
    for stranger in (cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            set_brand(session, stranger, cast.globex, DRAFT, now=NOW)
        with pytest.raises(NotPermitted):
            add_domain(session, stranger, cast.globex, "x.globex.test", now=NOW)
    assert Permission.CUSTOMER_UPDATE in cast.otto.permissions
    assert brand_of_organization(session, cast.globex) is None


def test_it_is_audited_with_before_and_after(session: WriteSession, cast: Cast) -> None:
    set_brand(session, cast.adam, cast.globex, DRAFT, now=NOW)
    set_brand(session, cast.adam, cast.globex, BrandDraft("Globex Corp", "#000000"), now=NOW)
    c = audit_entry.c
    kept = session.execute(select(c.before, c.after).where(c.action == "brand.set").order_by(c.id.desc())).first()
    assert kept is not None
    assert (kept.before["display_name"], kept.after["display_name"]) == ("Globex", "Globex Corp")
