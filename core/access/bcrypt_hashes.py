"""The bcrypt hashes of streamlit-authenticator's credentials files, checked with that package's own Hasher."""

import re

_BCRYPT = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}")


def is_bcrypt(stored: str) -> bool:
    """Whether a stored hash is one of bcrypt's."""
    return _BCRYPT.fullmatch(stored) is not None


def matches_bcrypt(stored: str, password: str) -> bool:
    """Whether the password is the one behind a bcrypt hash."""
    # Loads in 1.1 s, and only somebody who comes from such a file and signs in for the first time needs it.
    from streamlit_authenticator.utilities.hasher import Hasher

    try:
        return bool(Hasher.check_pw(password, stored))
    except ValueError:  # a salt that bcrypt can't read, or a password beyond its 72 bytes
        return False
