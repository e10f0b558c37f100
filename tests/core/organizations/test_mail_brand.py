"""The brand of mails: a customer's own with its logo as a small picture, else the vendor's."""

import io

import pytest
from PIL import Image

from core.organizations import logos
from core.organizations.brands import BrandDraft
from core.organizations.mail_brand import mail_brand
from core.organizations.mail_logo import for_mail
from core.organizations.writes import set_brand
from db.session import WriteSession
from tests.cast import Cast
from tests.conftest import NOW

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d"><rect width="%d" height="%d" fill="#1d4ed8"/></svg>'


def _picture(width: int, height: int, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "#1d4ed8").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("given", "size"),
    [
        (_picture(300, 100), (192, 64)),
        (_picture(1500, 60, "JPEG"), (440, 18)),
        (_picture(20, 20), (20, 20)),
        (SVG % (300, 100, 300, 100), (192, 64)),
        (SVG % (1500, 60, 1500, 60), (440, 18)),
    ],
)
def test_a_logo_is_drawn_as_large_as_a_mail_shows_it(given: bytes, size: tuple[int, int]) -> None:
    made = for_mail(logos.checked(given))
    assert made is not None
    with Image.open(io.BytesIO(made)) as drawn:
        assert drawn.format == "PNG"
        assert drawn.size == size
        red, green, blue = drawn.convert("RGB").getpixel((size[0] // 2, size[1] // 2))  # type: ignore[misc]
    assert (red < 60, green < 110, blue > 180) == (True, True, True)


@pytest.mark.parametrize(
    "svg",
    [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 80"><text y="60" font-size="60">Stark</text></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg" font-family="No Such" viewBox="0 0 300 80">'
        '<text y="60" font-size="60">Stark</text></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 80">'
        '<text y="60" font-size="60" font-family="\'No Such\', sans-serif">Stark</text></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 80">'
        '<text y="60" font-size="60" style="font-family: Nothing; fill: black">Stark</text></svg>',
    ],
)
def test_words_of_a_drawing_are_set_in_our_letters_whatever_it_names(svg: str) -> None:
    wanted = svg.split("<text")[0].replace(' font-family="No Such"', "")
    inter = f'{wanted}<text y="60" font-size="60" font-family="Inter">Stark</text></svg>'
    assert for_mail(logos.checked(svg.encode())) == for_mail(logos.Logo(logos.SVG, inter.encode(), ""))


def test_a_drawing_that_cannot_be_drawn_leaves_the_name(session: WriteSession, cast: Cast) -> None:
    assert for_mail(logos.Logo(logos.SVG, b"<svg", "0")) is None


def test_mails_to_a_customers_people_wear_its_logo(session: WriteSession, cast: Cast) -> None:
    assert mail_brand(session, cast.system, cast.globex).logo is None
    draft = BrandDraft("Globex", "#1d4ed8", support_email="help@globex.test")
    set_brand(session, cast.adam, cast.globex, draft, now=NOW, picture=SVG % (30, 10, 30, 10))
    found = mail_brand(session, cast.system, cast.globex)
    assert found.logo is not None
    assert str(found.logo_source).startswith("data:image/png;base64,")
    assert "b'" not in repr(found), "pictures fill no logs"
    set_brand(session, cast.adam, cast.globex, draft, now=NOW, picture=None)
    assert mail_brand(session, cast.system, cast.vendor).logo is None
