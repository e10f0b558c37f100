"""Names: every script and picture is welcome, what hides or turns text is not."""

import pytest

from core.access.names import readable_name
from core.access.people import checked_email
from core.errors import InvalidInput
from core.organizations.writes import checked_name


@pytest.mark.parametrize(
    "name",
    ["Ada", "شركة الأمل", "می‌خواهم", "👩‍👩‍👧‍👦 Ltd", "株式会社", "e\u0301", "O'Brien & Söhne", "=cmd|calc", "❤️ Media"],
)
def test_every_script_is_a_name(name: str) -> None:
    assert readable_name(f"  {name}\t") == name
    assert checked_name(name) == name


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("\u202eterces\u202c", "U+202E"),
        ("Glo\u200bbex", "U+200B"),
        ("Globex\u2066", "U+2066"),
        ("Glo\x07bex", "U+0007"),
        ("\ufeffGlobex", "U+FEFF"),
        ("\u200d\u200d", "nothing that can be seen"),
        ("\u0301", "nothing that can be seen"),
    ],
)
def test_what_deceives_the_eye_is_refused_by_its_number(name: str, told: str) -> None:
    for check in (readable_name, checked_name):
        with pytest.raises(InvalidInput, match=told.replace("+", r"\+")) as refused:
            check(name)
        assert refused.value.field == "name"


@pytest.mark.parametrize("email", ["a@b..de", "a@b.de.", "a@.de"])
def test_an_address_whose_host_has_an_empty_label_is_none(email: str) -> None:
    with pytest.raises(InvalidInput, match="full e-mail"):
        checked_email(email)
