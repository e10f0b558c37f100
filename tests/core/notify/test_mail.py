"""Mails by real SMTP: once, with TLS, tried again, kept without a server, never with a header of somebody else's."""

import io
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import text, update

from core.config import Settings
from core.errors import Conflict, InvalidInput, NotPermitted
from core.notify.brand import MailBrand
from core.notify.reads import mail_by_id, mail_counts, mails
from core.notify.rendering import render
from core.notify.retries import MAIL, next_try
from core.notify.writes import GIVEN_UP_AFTER, TASK, forget_mails, pick_up, send_again, send_mail, try_to_send
from db.models.notify import mail
from db.session import WriteSession
from tests.cast import Cast
from tests.certificates import certificate
from tests.core.notify.conftest import configured
from tests.core.notify.postbox import postbox
from tests.hostile_names import HARMLESS, HOSTILE, made_of

VALUES = {
    "title": "Hello",
    "paragraphs": ["One <b>bold</b> word & more.", "Two."],
    "facts": [("Limit", "1,000")],
    "button": {"label": "Open", "href": "https://calos.test/x?a=1&b=2"},
    "reason": "Because you asked.",
}
SHOWN: dict[str, dict[str, Any]] = {
    "notice": VALUES,
    "limit": {
        "percent": 95, "feature": "daily API call", "used": "950 of 1,000.", "facts": [("Limit", "1,000")],
        "forecast": None, "advice": "Ask for more.", "button": VALUES["button"], "copy": None, "reason": "You asked.",
    },
    "digest": {
        "lead": "Two to call.", "button": VALUES["button"], "reason": "You asked.",
        "sections": [
            {"title": "New", "note": "", "rows": [
                {"name": "Acme", "href": "https://calos.test/a", "line": "At 95%.", "detail": "", "value": "$5",
                 "pill": "High"},
            ]},
        ],
    },
}  # fmt: skip


def _write(session: WriteSession, cast: Cast, now: datetime, **changed: Any) -> UUID | None:
    given: dict[str, Any] = {"to": "ada@globex.test", "subject": "A word", "template": "notice", "values": VALUES}
    return send_mail(session, cast.globex, now=now, **{**given, **changed})


def _jobs(session: WriteSession) -> list[str]:
    statement = text("SELECT args ->> 'mail_id' FROM procrastinate_jobs WHERE task_name = :task ORDER BY id")
    return list(session.execute(statement, {"task": TASK}).scalars())


def test_without_a_server_a_mail_is_kept_and_says_why(session: WriteSession, cast: Cast, now: datetime) -> None:
    made = _write(session, cast, now)
    assert made is not None
    found = mail_by_id(session, cast.adam, made)
    assert (found.state, found.recipient, found.subject) == ("kept", "ada@globex.test", "A word")
    assert "CALOS_SMTP_URL" in str(found.error)
    assert "One <b>bold</b> word & more." in found.text
    assert "One &lt;b&gt;bold&lt;/b&gt; word &amp; more." in found.html
    assert _jobs(session) == []


def test_a_mail_is_sent_once_however_often_its_job_runs(session: WriteSession, cast: Cast, now: datetime) -> None:
    with postbox() as box, configured(CALOS_SMTP_URL=box.url, CALOS_MAIL_FROM="calos@vendor.test"):
        made = _write(session, cast, now, values={**VALUES, "brand": MailBrand("Nova, GmbH", "help@nova.test")})
        assert made is not None
        assert _jobs(session) == [str(made)]
        assert [try_to_send(session, made, now=now) is not None for _ in range(3)] == [True, False, False]
        assert len(box.messages) == 1
        message = box.messages[0]
    assert message["From"] == '"Nova, GmbH" <calos@vendor.test>'
    assert (message["To"], message["Reply-To"]) == ("ada@globex.test", "help@nova.test")
    assert message["Message-ID"] == f"<{made}@vendor.test>"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert mail_by_id(session, cast.fiona, made).state == "sent"


def test_a_mail_with_a_link_to_end_it_says_so_to_mail_programs(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    with postbox() as box, configured(CALOS_SMTP_URL=box.url):
        made = _write(session, cast, now, unsubscribe="https://calos.test/unsubscribe?kind=upsells&token=x")
        assert made is not None
        try_to_send(session, made, now=now)
        [message] = box.messages
    assert message["List-Unsubscribe"] == "<https://calos.test/unsubscribe?kind=upsells&token=x>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Unsubscribe: https://calos.test/unsubscribe?kind=upsells&token=x" in found_text(message)


def found_text(message: EmailMessage) -> str:
    """Return the text of a mail."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_a_key_writes_one_mail_ever(session: WriteSession, cast: Cast, now: datetime) -> None:
    assert _write(session, cast, now, once="digest:1") is not None
    assert _write(session, cast, now, once="digest:1") is None
    assert _write(session, cast, now) is not None


@pytest.mark.parametrize(
    "address",
    ["ada@globex.test\r\nBcc: eve@evil.test", "ada@globex.test, eve@evil.test", "Ada <a@b.test>", "nobody", ""],
)
def test_what_is_no_single_address_is_refused(session: WriteSession, cast: Cast, now: datetime, address: str) -> None:
    with pytest.raises(InvalidInput):
        _write(session, cast, now, to=address)


def test_no_value_becomes_a_header(session: WriteSession, cast: Cast, now: datetime) -> None:
    brand = MailBrand("Evil\r\nBcc: eve@evil.test", "help@nova.test", color="red;}</style>")
    with postbox() as box, configured(CALOS_SMTP_URL=box.url):
        made = _write(session, cast, now, subject="Hi\r\nBcc: eve@evil.test\n\n<b>", values={**VALUES, "brand": brand})
        assert made is not None
        try_to_send(session, made, now=now)
        [message] = box.messages
        assert box.envelopes[0].rcpt_tos == ["ada@globex.test"]
    assert message["Bcc"] is None
    assert message["Subject"] == "Hi Bcc: eve@evil.test <b>"
    html = message.get_body(("html",))
    assert html is not None
    assert "red;}" not in html.get_content()


def test_a_logo_travels_with_the_mail_and_is_fetched_from_nowhere(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    red = io.BytesIO()
    Image.new("RGB", (40, 20), "#dc2626").save(red, "PNG")
    spoof = 'src="data:image/png;base64,AAAA"'
    values = {**VALUES, "title": spoof, "brand": MailBrand("Nova", "help@nova.test", logo=red.getvalue())}
    with postbox() as box, configured(CALOS_SMTP_URL=box.url, CALOS_MAIL_FROM="calos@vendor.test"):
        made = _write(session, cast, now, values=values)
        assert made is not None
        try_to_send(session, made, now=now)
        [message] = box.messages
    text_part, page = message.iter_parts()
    assert [text_part.get_content_type(), page.get_content_type()] == ["text/plain", "multipart/related"]
    html, picture = page.iter_parts()
    assert picture.get_payload(decode=True) == red.getvalue()
    assert (picture.get_content_type(), picture.get_content_disposition()) == ("image/png", "inline")
    sources = [dict(given)["src"] for tag, given in made_of(html.get_content(), "Nova")[0] if tag == "img"]
    assert sources == [f"cid:{picture['Content-ID'].strip('<>')}"]
    assert spoof in made_of(html.get_content(), "Nova")[1]
    assert "data:image/png;base64," in mail_by_id(session, cast.fiona, made).html, "whole, to be read in the console"


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("template", ["notice", "limit", "digest"])
def test_a_hostile_name_is_text_in_mails(name: str, template: str) -> None:
    shown = []
    for each in (HARMLESS, name):
        given = {**SHOWN[template], "brand": MailBrand(each, "help@hooli.test"), "title": f"News of {each}"}
        shown.append(render(template, f"News of {each}", given))
    tags, text = made_of(shown[1].html, name)
    assert tags == made_of(shown[0].html, HARMLESS)[0]
    assert name in text
    assert shown[1].text.replace(name, HARMLESS) == shown[0].text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_a_name_before_the_sender(
    session: WriteSession, cast: Cast, now: datetime, name: str
) -> None:
    with postbox() as box, configured(CALOS_SMTP_URL=box.url, CALOS_MAIL_FROM="calos@vendor.test"):
        made = _write(session, cast, now, values={**VALUES, "brand": MailBrand(name, "help@hooli.test")})
        assert made is not None
        try_to_send(session, made, now=now)
        [message] = box.messages
    [sender] = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "calos@vendor.test")


def test_a_server_that_is_away_is_tried_again_ever_later(session: WriteSession, cast: Cast, now: datetime) -> None:
    with postbox() as box, configured(CALOS_SMTP_URL=box.url):
        made = _write(session, cast, now)
        assert made is not None
        box.answers += ["451 try later", "421 closing"]
        waits = []
        for _ in range(2):
            assert try_to_send(session, made, now=now) is not None
            row = mail_by_id(session, cast.fiona, made)
            assert (row.state, row.next_at is None) == ("waiting", False)
            assert row.error is not None
            waits.append(row.next_at - now if row.next_at else None)
        assert try_to_send(session, made, now=now) is not None
    row = mail_by_id(session, cast.fiona, made)
    assert (row.state, row.attempts, row.sent_at, row.error) == ("sent", 3, now, None)
    assert waits[0] is not None
    assert waits[1] is not None
    assert timedelta(minutes=1) <= waits[0] < waits[1] <= timedelta(minutes=5.5)


def test_a_refused_mail_is_not_tried_again(session: WriteSession, cast: Cast, now: datetime) -> None:
    with postbox() as box, configured(CALOS_SMTP_URL=box.url):
        made = _write(session, cast, now)
        assert made is not None
        box.answers.append("550 no such box")
        try_to_send(session, made, now=now)
        row = mail_by_id(session, cast.fiona, made)
        assert (row.state, row.next_at) == ("failed", None)
        assert "550 no such box" in str(row.error)
        send_again(session, cast.fiona, made, now=now)
        try_to_send(session, made, now=now)
        assert mail_by_id(session, cast.fiona, made).state == "sent"
        with pytest.raises(Conflict):
            send_again(session, cast.fiona, made, now=now)


def test_it_is_given_up_after_the_last_wait(now: datetime) -> None:
    assert next_try(MAIL, len(MAIL), now) is not None
    assert next_try(MAIL, len(MAIL) + 1, now) is None
    asked = next_try(MAIL, 1, now, asked=10**9)
    assert asked is not None
    assert asked - now == timedelta(days=2)


def test_what_lost_its_job_is_picked_up_and_in_the_end_given_up(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    with configured(CALOS_SMTP_URL="smtp://127.0.0.1:1"):
        made = _write(session, cast, now)
        assert made is not None
        assert pick_up(session, now=now + timedelta(minutes=30)) == 0, "its job is there"
        session.connection.exec_driver_sql("DELETE FROM procrastinate_jobs")
        assert pick_up(session, now=now + timedelta(minutes=30)) == 1
        assert _jobs(session) == [str(made)]
        assert pick_up(session, now=now + GIVEN_UP_AFTER + timedelta(hours=1)) == 0
    assert mail_by_id(session, cast.fiona, made).state == "failed"


def test_reserved_domains_are_never_asked_for(session: WriteSession, cast: Cast, now: datetime) -> None:
    with configured(CALOS_SMTP_URL="smtps://mail.vendor.invalid"):
        made = _write(session, cast, now)
        elsewhere = _write(session, cast, now, to="ada@globex.com")
    assert made is not None
    assert elsewhere is not None
    assert mail_by_id(session, cast.fiona, made).state == "kept"
    assert mail_by_id(session, cast.fiona, elsewhere).state == "waiting"


def test_mails_are_for_those_who_may_read_the_trail(session: WriteSession, cast: Cast, now: datetime) -> None:
    made = _write(session, cast, now)
    assert made is not None
    for actor in (cast.sam, cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            mails(session, actor)
    with pytest.raises(NotPermitted):
        send_again(session, cast.otto, made, now=now)
    assert made in {row.id for row in mails(session, cast.adam, state="kept", text="GLOBEX")}
    assert mails(session, cast.adam, text="nobody_at%") == ()
    assert mail_counts(session, cast.adam)["kept"] >= 1


def test_a_resend_is_in_the_trail(session: WriteSession, cast: Cast, now: datetime) -> None:
    made = _write(session, cast, now)
    assert made is not None
    with pytest.raises(InvalidInput, match="CALOS_SMTP_URL"):
        send_again(session, cast.fiona, made, now=now)
    with configured(CALOS_SMTP_URL="smtp://127.0.0.1:1"):
        send_again(session, cast.fiona, made, now=now)
    statement = text("SELECT action FROM audit_entry WHERE target_id = :id")
    assert session.execute(statement, {"id": str(made)}).scalars().all() == ["mail.sent_again"]


def test_old_mails_are_forgotten(session: WriteSession, cast: Cast, now: datetime) -> None:
    made, kept = _write(session, cast, now), _write(session, cast, now)
    session.execute(update(mail).where(mail.c.id == made).values(made_at=now - timedelta(days=181)))
    assert forget_mails(session, now=now) == 1
    assert {row.id for row in mails(session, cast.fiona)} == {kept}


def test_a_password_goes_only_over_tls(session: WriteSession, cast: Cast, now: datetime, tmp_path: Path) -> None:
    context, trusted = certificate(tmp_path)
    with postbox(tls=context, password=True) as box, configured(CALOS_SMTP_URL=box.url, SSL_CERT_FILE=str(trusted)):
        made = _write(session, cast, now)
        assert made is not None
        try_to_send(session, made, now=now)
        assert (box.signed_in, box.encrypted) == ([(b"calos", b"p@ss word")], [True])
    with postbox(tls=context, implicit=True) as box, configured(CALOS_SMTP_URL=box.url, SSL_CERT_FILE=str(trusted)):
        made = _write(session, cast, now)
        assert made is not None
        try_to_send(session, made, now=now)
        assert box.encrypted == [True]
    with postbox(tls=context) as box, configured(CALOS_SMTP_URL=box.url):
        made = _write(session, cast, now)
        assert made is not None
        try_to_send(session, made, now=now)
        assert box.envelopes == [], "a certificate that nobody vouches for"
        assert "certificate" in str(mail_by_id(session, cast.fiona, made).error)


@pytest.mark.parametrize("url", ["http://mail.example.com", "mail.example.com:25", "smtp://", "smtp://a:b"])
def test_a_mail_server_is_named_as_one(url: str) -> None:
    with pytest.raises(ValueError, match="smtp://"):
        Settings(_env_file=None, CALOS_SMTP_URL=url)


@pytest.mark.parametrize("address", ["Calos <calos@x.test>", "calos", "a@b@c", "a@b.test\nBcc: c@d.test"])
def test_the_sender_is_one_plain_address(address: str) -> None:
    with pytest.raises(ValueError, match="plain address"):
        Settings(_env_file=None, CALOS_MAIL_FROM=address)
