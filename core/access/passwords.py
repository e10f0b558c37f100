"""Passwords: what is accepted, and how they are kept (Argon2id)."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import InvalidInput

SHORTEST = 15
LONGEST = 256

# OWASP's parameters for Argon2id: 19 MiB, two passes; 22 ms here.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Two at once, or a burst of sign-ins takes the machine's memory and both its cores.
_AT_ONCE = threading.BoundedSemaphore(2)


def hash_password(password: str) -> str:
    """Return the Argon2id hash to store."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def verify_password(stored: str, password: str) -> bool:
    """Whether the password is the one behind an Argon2id hash."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def check_new_password(password: str, *, email: str = "", allow_short: bool = False) -> None:
    """Raise InvalidInput unless a new password is long enough: length first, no composition rules (NIST 800-63B-4).

    `allow_short` is for the published demo password only.
    """
    if len(password) > LONGEST:
        raise InvalidInput(f"Choose a password of at most {LONGEST} characters.", field="password")
    if len(password) < SHORTEST and not allow_short:
        raise InvalidInput(
            f"Choose a password of at least {SHORTEST} characters; a few unrelated words are easy to remember.",
            field="password",
        )
    if email and password.lower() == email.lower():
        raise InvalidInput("Choose a password that is not your e-mail address.", field="password")
