"""Passwords: what is accepted as a new one, and what a stored hash opens to."""

import bcrypt
import pytest

from core.access.passwords import check_new_password, hash_password, outdated, verify_password
from core.errors import InvalidInput


def test_a_hash_opens_to_its_password_only() -> None:
    stored = hash_password("seven quiet otters drift")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert verify_password(stored, "seven quiet otters drift")
    assert not verify_password(stored, "seven quiet otters drift ")
    assert not verify_password(stored, "")
    assert not outdated(stored)


def test_the_same_password_never_has_the_same_hash() -> None:
    assert hash_password("x") != hash_password("x")


def test_accents_composed_by_another_keyboard_are_the_same() -> None:
    composed, decomposed = "caf\u00e9 au lait, please", "cafe\u0301 au lait, please"
    assert verify_password(hash_password(composed), decomposed)
    assert verify_password(hash_password(decomposed), composed)


def test_a_bcrypt_hash_of_an_import_opens_and_is_outdated() -> None:
    stored = bcrypt.hashpw(b"abc", bcrypt.gensalt(4)).decode()
    assert verify_password(stored, "abc")
    assert not verify_password(stored, "abd")
    assert outdated(stored)


def test_weaker_argon2_parameters_are_outdated() -> None:
    assert outdated(hash_password("x").replace("m=19456", "m=8192"))


@pytest.mark.parametrize("stored", ["", "abc", "$2b$12$short", "$argon2id$v=19$broken", "!", "$2b$99$" + "a" * 53])
def test_what_is_no_hash_opens_to_nothing(stored: str) -> None:
    assert not verify_password(stored, "abc")


@pytest.mark.parametrize("password", ["a\ud800", "x" * 300, "a\x00b", "é" * 100])
def test_an_odd_password_is_wrong_rather_than_an_error(password: str) -> None:
    assert not verify_password(hash_password("abc"), password)
    assert not verify_password(bcrypt.hashpw(b"abc", bcrypt.gensalt(4)).decode(), password)


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "x" * 14,
        "x" * 257,
        "ada.lovelace@example.com",
        "ADA.lovelace@example.com",
        "passwordpassword",
        "qwertyuiopasdfghjkl",
        "123456789012345",
        "aaaaaaaaaaaaaaaaaaaa",
        "iloveyouiloveyou",
        "lovelacelovelace",
        "seven quiet \ud800 otters",
    ],
)
def test_a_new_password_anybody_would_guess_is_refused_in_a_sentence(password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_new_password(password, email="ada.lovelace@example.com")
    assert refused.value.field == "password"
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize(
    "password",
    [
        "seven quiet otters drift",
        "gentle ocelots hum",
        "ñandú über Łódź 15",
        "kj3h4kj5h2k3j4h5",
        "otter lamp " + "q7" * 100,
    ],
)
def test_a_long_unexpected_password_needs_no_capitals_or_symbols(password: str) -> None:
    check_new_password(password, email="ada.lovelace@example.com")


def test_the_published_demo_password_may_be_short() -> None:
    check_new_password("demo", allow_short=True)
