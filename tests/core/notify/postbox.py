"""A mail server on this machine that takes mails as told, and keeps them."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from tests.running import free_port


@dataclass
class Postbox:
    """What the server got; `answers` are given to the next mails before each is taken with 250."""

    url: str = ""
    envelopes: list[Envelope] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    signed_in: list[tuple[bytes, bytes]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    # Seconds between taking a mail and saying so.
    delay: float = 0.0

    @property
    def messages(self) -> list[EmailMessage]:
        """Return the messages as a client reads them."""
        return [self._read(one) for one in self.envelopes]

    async def handle_DATA(self, _server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail, or answer as told."""
        if self.answers:
            return self.answers.pop(0)
        self.envelopes.append(envelope)
        self.encrypted.append(self.url.startswith("smtps") or session.ssl is not None)
        await asyncio.sleep(self.delay)
        return "250 taken"

    @staticmethod
    def _read(envelope: Envelope) -> EmailMessage:
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        read = message_from_bytes(raw, policy=policy.default)
        assert isinstance(read, EmailMessage)
        return read


@contextmanager
def postbox(*, tls: ssl.SSLContext | None = None, implicit: bool = False, password: bool = False) -> Iterator[Postbox]:
    """Serve mail on a free port until the block ends: in plain, with STARTTLS, or with TLS from the first byte."""
    box = Postbox()

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        box.signed_in.append((given.login, given.password))
        return AuthResult(success=given.password == b"p@ss word")

    options: dict[str, Any] = {}
    if tls is not None and not implicit:
        options["tls_context"] = tls
    if password:
        options.update(authenticator=check, auth_required=True, auth_require_tls=tls is not None)
    server = Controller(box, hostname="127.0.0.1", port=free_port(), ssl_context=tls if implicit else None, **options)
    server.start()
    scheme = "smtps" if implicit else "smtp"
    user = "calos:p%40ss%20word@" if password else ""
    box.url = f"{scheme}://{user}127.0.0.1:{server.port}"
    try:
        yield box
    finally:
        server.stop()
