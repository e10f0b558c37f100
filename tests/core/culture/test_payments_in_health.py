"""How a customer pays, as a part of its health: late by days, declined, on time, or never billed."""

from datetime import datetime, timedelta
from uuid import UUID

from core.accounts.requests import LicenseRequest
from core.accounts.writes import create_license
from core.billing.invoices.failures import record_failure
from core.billing.invoices.past import PastInvoice, PastLine, PastPayment, record_past_invoices
from core.culture.health import Health, Part
from core.culture.reads import profile
from core.money import Money
from db.session import WriteSession
from tests.books import customer
from tests.cast import Cast
from tests.core.billing.invoices.shop import seller

DAY = timedelta(days=1)


def _paying(session: WriteSession, cast: Cast, name: str, now: datetime) -> tuple[UUID, str]:
    whose = customer(session, cast.system, name, now - 100 * DAY)
    request = LicenseRequest(str(whose), "pro", currency="USD")
    return whose, create_license(session, cast.sam, request, now=now - 100 * DAY).install_id


def _bill(session: WriteSession, cast: Cast, whose: UUID, days_late: int, now: datetime, *, paid: bool) -> None:
    sells, amount = seller(session, cast.fiona, now), Money(49_900, "USD")
    due_on = now.date() - days_late * DAY
    came = (PastPayment(amount, now.date() - DAY),) if paid else ()
    line = PastLine("Pro, monthly", amount, Money(0, "USD"), kind="one_off")
    issued_on = min(due_on, now.date()) - 14 * DAY
    made = PastInvoice(whose, sells.id, issued_on, due_on, (line,), came)
    record_past_invoices(session, cast.fiona, [made], source="test", now=now)


def _health(session: WriteSession, cast: Cast, install_id: str, now: datetime) -> tuple[Health, Part]:
    health = profile(session, session, cast.fiona, install_id, now).health
    return health, next(part for part in health.parts if part.id == "payments")


def test_who_was_never_billed_is_a_range_and_who_pays_earns_it_all(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    whose, install_id = _paying(session, cast, "Unbilled", now)
    assert _health(session, cast, install_id, now)[1].missing == "payments are not known here"
    _bill(session, cast, whose, 20, now, paid=True)
    _, part = _health(session, cast, install_id, now)
    assert (part.missing, part.shown, part.points) == (None, "nothing is late", part.weight)


def test_45_days_late_earn_fifteen_of_a_hundred(session: WriteSession, cast: Cast, now: datetime) -> None:
    whose, install_id = _paying(session, cast, "Late", now)
    _bill(session, cast, whose, 45, now, paid=False)
    health, part = _health(session, cast, install_id, now)
    # Half of the way from 30 at 30 days to nothing at 60.
    assert (part.shown, part.value, part.points) == ("45 days late", 45.0, round(part.weight * 15) / 100)
    assert "payment_failed" not in {cap.id for cap in health.caps}


def test_a_declined_card_caps_the_score_until_a_payment_comes(session: WriteSession, cast: Cast, now: datetime) -> None:
    whose, install_id = _paying(session, cast, "Declined", now)
    _bill(session, cast, whose, -5, now, paid=False)
    for number in (1, 2):
        at = now - (5 - number) * DAY
        name = f"{whose} {number}"
        record_failure(session, cast.fiona, whose, "declined", source="test", external_id=name, failed_at=at)
    health, part = _health(session, cast, install_id, now)
    assert "payment_failed" in {cap.id for cap in health.caps}
    assert part.shown == "nothing is late"
    _bill(session, cast, whose, 3, now, paid=True)
    assert "payment_failed" not in {cap.id for cap in _health(session, cast, install_id, now)[0].caps}
