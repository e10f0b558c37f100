"""What can go wrong, by whom it concerns: the network, whoever answered, a file, or the one who configures."""

from __future__ import annotations


class ClientError(Exception):
    """Anything this package raises; its text is a sentence that says what to do."""


class Misconfigured(ClientError, ValueError):
    """An argument or setting is missing or cannot be meant."""


class Unreachable(ClientError):
    """No answer that decides anything: no connection, too slow, 5xx, 429, a proxy's word. Try again later."""

    def __init__(
        self, message: str, *, status: int | None = None, code: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after


class Untrusted(ClientError):
    """Something claims to come from the vendor, and its signature or its contents say otherwise."""


class InvalidFile(ClientError):
    """A license file or request is no such file, or is not for this installation."""
