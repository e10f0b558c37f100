"""Passwords: what is accepted, how they are kept (Argon2id), and the one place that compares them."""

import functools
import re
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from core.access.bcrypt_hashes import is_bcrypt, matches_bcrypt
from core.errors import InvalidInput

SHORTEST = 15
LONGEST = 256
# 10^8 guesses are what zxcvbn's authors call safe against guessing at a door that slows guesses down.
FEWEST_GUESSES_LOG10 = 8

# OWASP's parameters for Argon2id: 19 MiB, two passes; 22 ms here.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Two at once, or a burst of sign-ins takes the machine's memory and both its cores.
_AT_ONCE = threading.BoundedSemaphore(2)


def hash_password(password: str) -> str:
    """Return the Argon2id hash to store."""
    with _AT_ONCE:
        return _HASHER.hash(_normal(password))


def verify_password(stored: str, password: str) -> bool:
    """Whether the password is the one behind a stored hash: Argon2id, or bcrypt from an imported credentials file."""
    if len(password) > LONGEST or not _encodable(password):
        return False
    with _AT_ONCE:
        if is_bcrypt(stored):
            return matches_bcrypt(stored, password)
        try:
            return _HASHER.verify(stored, _normal(password))
        except (VerificationError, InvalidHashError):
            return False


def outdated(stored: str) -> bool:
    """Whether a stored hash should be replaced by `hash_password` at the next sign-in that proves the password."""
    return is_bcrypt(stored) or _HASHER.check_needs_rehash(stored)


def spend_as_much(password: str) -> None:
    """Take as long as comparing a password would, so that an unknown e-mail can't be told by the clock."""
    verify_password(_nobodys_hash(), password)


def check_new_password(password: str, *, email: str = "", allow_short: bool = False) -> None:
    """Raise InvalidInput unless a new password is long and unexpected: no composition rules (NIST 800-63B-4).

    `allow_short` is for the published demo password only.
    """
    if len(password) > LONGEST:
        raise InvalidInput(f"Choose a password of at most {LONGEST} characters.", field="password")
    if not _encodable(password):
        raise InvalidInput("The password holds characters that can't be stored: type it again.", field="password")
    if len(password) < SHORTEST and not allow_short:
        raise InvalidInput(
            f"Choose a password of at least {SHORTEST} characters; a few unrelated words are easy to remember.",
            field="password",
        )
    if email and password.lower() == email.lower():
        raise InvalidInput("Choose a password that is not your e-mail address.", field="password")
    if not allow_short and _guessable(password, email):
        raise InvalidInput(
            "That password is among the first that anybody would try (known from leaks, a keyboard row, your name, or "
            "a word repeated). Choose a few unrelated words instead.",
            field="password",
        )


def _guessable(password: str, email: str) -> bool:
    # Its first 72 characters decide: the estimate takes a second for the longest passwords otherwise.
    names = [part for part in re.split(r"[^a-z0-9]+", email.lower()) if len(part) > 2]
    estimate = zxcvbn(password[:72], user_inputs=["calos", email, *names])
    return float(estimate["guesses_log10"]) < FEWEST_GUESSES_LOG10


@functools.cache
def _nobodys_hash() -> str:
    return _HASHER.hash("nobody signs in with this")


def _normal(password: str) -> str:
    # Keyboards compose accents differently; NIST 800-63B asks for one normal form before hashing.
    return unicodedata.normalize("NFC", password)


def _encodable(password: str) -> bool:
    try:
        password.encode()
    except UnicodeEncodeError:
        return False
    return True
