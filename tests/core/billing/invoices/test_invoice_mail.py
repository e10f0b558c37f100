"""The mail of an invoice: to the billing address, the PDF with it, written in the transaction that sends it."""

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import select

from core.accounts.invoice_mail import send_invoice
from core.billing.invoices.profiles import BillingProfile, change_profile
from core.errors import Conflict, InvalidInput, NotPermitted
from core.notify.smtp import Attachment, Letter, message_of
from db.models.notify import mail, mail_attachment
from db.session import WriteSession
from tests.cast import Cast
from tests.core.billing.invoices.shop import ABROAD, Shop


def test_it_carries_its_pdf(session: WriteSession, cast: Cast, now: datetime) -> None:
    shop = Shop(session, cast, now)
    whom = shop.customer()
    made = shop.open(whom)
    send_invoice(session, cast.adam, made.id, now=now, once="one")
    send_invoice(session, cast.adam, made.id, now=now, once="one")
    row = session.execute(select(mail).where(mail.c.organization_id == whom)).one()
    assert (row.recipient, row.subject, row.state) == (
        "ap@initech.test", f"Invoice {made.number} from Calos GmbH", "kept",
    )  # fmt: skip
    assert "$100.00 is due on 21 December 2026." in row.text
    file = session.execute(select(mail_attachment).where(mail_attachment.c.mail_id == row.id)).one()
    assert (file.name, file.content[:4]) == (f"{made.number}.pdf", b"%PDF")
    assert shop.invoice(made.id).sent_at == now
    said = {name: row._mapping[name] for name in Letter.__dataclass_fields__ if name != "attachments"}
    letter = Letter(**said, attachments=(Attachment(file.name, file.media_type, file.content),))
    [part] = message_of(letter, "billing@calos.test").iter_attachments()
    assert (part.get_content_type(), part.get_filename(), part.get_content()) == (
        "application/pdf", file.name, file.content,
    )  # fmt: skip


def test_without_an_address_or_a_number_nothing_goes(session: WriteSession, cast: Cast, now: datetime) -> None:
    shop = Shop(session, cast, now)
    whom = shop.customer()
    with pytest.raises(Conflict, match="This invoice is draft"):
        send_invoice(session, cast.adam, shop.by_hand(whom), now=now)
    change_profile(
        session, cast.sam, BillingProfile(whom, replace(ABROAD, email=None), seller_id=shop.seller.id), now=now
    )
    made = shop.open(whom)
    with pytest.raises(InvalidInput, match="no e-mail for invoices"):
        send_invoice(session, cast.adam, made.id, now=now)
    with pytest.raises(NotPermitted, match="invoice:finalize"):
        send_invoice(session, cast.sam, made.id, now=now)
