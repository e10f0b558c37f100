"""The mail server: one message handed over by SMTP, with TLS by the scheme of its address."""

import base64
import hashlib
import re
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

from core.config import Settings
from core.errors import UpstreamFailed
from core.notify.addresses import LOOPBACK
from core.notify.brand import INLINE

SECONDS: Final = 20.0
# As templates write it; quotes that a value holds are escaped, so that none is taken for this.
_PICTURE: Final = re.compile(rf'src="{re.escape(INLINE)}([A-Za-z0-9+/=]+)"')
_PORTS: Final = {"smtp": 587, "smtps": 465}


class Refused(UpstreamFailed):
    """The server will never take this mail (a 5xx answer): trying again would annoy it."""

    code = "mail_refused"


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail; `media_type` as application/pdf."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """A mail as the server gets it; `unsubscribe` is an address that takes one click (RFC 8058)."""

    id: UUID
    recipient: str
    subject: str
    text: str
    html: str
    from_name: str
    reply_to: str | None
    unsubscribe: str | None
    made_at: datetime
    attachments: tuple[Attachment, ...] = ()


def message_of(letter: Letter, sender: str) -> EmailMessage:
    """Return the MIME message: text, and HTML with its pictures beside it; its Message-ID is the mail's own id.

    Pictures within the page become parts of their own: many mail programs show nothing of a `data:` address.
    """
    message = EmailMessage(policy=SMTP)
    local, _, host = sender.rpartition("@")
    # These refuse line ends: nothing that a value holds becomes a header of its own.
    message["From"] = Address(letter.from_name, local, host)
    message["To"] = Address(addr_spec=letter.recipient)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.made_at)
    message["Message-ID"] = f"<{letter.id}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    if letter.reply_to:
        message["Reply-To"] = Address(addr_spec=letter.reply_to)
    if letter.unsubscribe:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text)
    pictures: dict[str, bytes] = {}

    def attach(found: re.Match[str]) -> str:
        picture = base64.b64decode(found[1])
        name = f"{hashlib.sha256(picture).hexdigest()[:16]}@{host}"
        pictures[name] = picture
        return f'src="cid:{name}"'

    message.add_alternative(_PICTURE.sub(attach, letter.html), subtype="html")
    page = message.get_body(("html",))
    if page is not None:
        for name, picture in pictures.items():
            page.add_related(picture, "image", "png", cid=f"<{name}>", disposition="inline", filename="logo.png")
    for one in letter.attachments:
        kind, _, part = one.media_type.partition("/")
        message.add_attachment(one.content, kind, part, filename=one.name)
    return message


def hand_over(letter: Letter, settings: Settings) -> None:
    """Send it, or raise Refused (for good) or UpstreamFailed (for now) with what the server said."""
    where = urlsplit(settings.smtp_url)
    message = message_of(letter, settings.mail_from)
    try:
        with _connected(settings) as server:
            if where.username:
                server.login(unquote(where.username), unquote(where.password or ""))
            server.send_message(message, settings.mail_from, [letter.recipient])
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as answer:
        raise _refusal(answer) from answer
    except (smtplib.SMTPException, OSError) as failure:
        raise UpstreamFailed(f"The mail server {where.hostname} did not take it: {_said(failure)}") from failure


def _connected(settings: Settings) -> smtplib.SMTP:
    where = urlsplit(settings.smtp_url)
    host, port = where.hostname or "localhost", where.port or _PORTS[where.scheme]
    context = ssl.create_default_context()
    if where.scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
    server = smtplib.SMTP(host, port, timeout=SECONDS)
    try:
        server.ehlo()
        # Without it a password and every mail could be read on the way; within this machine there is no way.
        if server.has_extn("starttls") or host not in LOOPBACK:
            server.starttls(context=context)
            server.ehlo()
    except (smtplib.SMTPException, OSError):
        server.close()
        raise
    return server


def _refusal(answer: smtplib.SMTPException) -> UpstreamFailed:
    code: int
    said: bytes | str
    if isinstance(answer, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(answer.recipients.values()))
    else:
        assert isinstance(answer, smtplib.SMTPResponseException)  # noqa: S101 - the two others carry an answer
        code, said = answer.smtp_code, answer.smtp_error
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    kind = Refused if 500 <= code < 600 else UpstreamFailed
    return kind(f"The mail server answered {code} {' '.join(words.split())[:300]}")


def _said(failure: Exception) -> str:
    return " ".join(str(failure).split())[:300] or type(failure).__name__
