"""Acts that span license, subscription and ledger: issue, change tier, revoke, reinstate; each one transaction."""

from datetime import datetime

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.holders import holder
from core.accounts.requests import Changed, Created, LicenseRequest, Terms
from core.accounts.turns import move, turn
from core.billing.currencies import currency_of
from core.billing.custom_prices import agreed_price
from core.billing.reads import (
    Subscription,
    active_subscription,
    latest_currency,
    latest_subscription,
    subscriptions_without_license,
)
from core.billing.writes import change_subscription, end_subscription, start_subscription
from core.errors import Conflict, InvalidInput
from core.finance.exchange import REPORTING
from core.finance.reads import Movement
from core.licensing import writes as licensing
from core.licensing.reads import License, license_by_install, tier_by_id
from core.licensing.transitions import Act, require_legal, standing
from core.money import Money
from core.organizations.reads import Organization, organization_by_id
from core.periods import BillingPeriod, billing_period
from db.session import WriteSession


def create_license(session: WriteSession, actor: Actor, request: LicenseRequest, *, now: datetime) -> Created:
    """Issue a trial, paid or free license, with its subscription and movement; needs `license:create`.

    An e-mail that nobody has makes a new customer, named after its domain. Raises NotFound for an id that is nobody's.
    """
    actor.require_vendor()
    actor.require(Permission.LICENSE_CREATE)
    tier = tier_by_id(session, request.tier)
    period = billing_period(request.billing_period)
    term: licensing.Term = "free" if tier.rank == 0 else "trial" if request.trial_days else "paid"
    if term == "free" and request.trial_days:
        raise InvalidInput("The free tier has no end, so it needs no trial days.", field="trialDays")
    customer, is_new = holder(session, actor, request, now)
    now = turn(session, customer.id, now)
    issued = licensing.issue(
        session,
        actor,
        customer.id,
        tier.id,
        now=now,
        term=term,
        billing_period=period,
        trial_days=request.trial_days if term == "trial" else None,
        starts_at=request.starts_at,
        expires_at=request.expires_at,
        notes=request.notes,
        policy=request.policy,
        install_id=request.install_id,
        secret=request.install_secret,
    )
    held = license_by_install(session, actor, issued.install_id, now=now)
    if term == "paid":
        amount = request.amount or _list_price(session, customer, held, request.currency, now)
        begun = start_subscription(
            session, actor, customer.id, held.id, tier.id, period, amount, now=now, quantity=request.quantity
        )
        move(session, actor, None, begun, now=now)
    return Created(
        customer.id,
        customer.name,
        held.id,
        held.install_id,
        issued.install_secret,
        tier.id,
        term,
        held.status,
        held.billing_period,
        held.expires_at,
        _terms(session, actor, held).mrr,
        is_new,
    )


def change_tier(
    session: WriteSession,
    actor: Actor,
    install_id: str,
    new_tier: str,
    period: str | None = None,
    *,
    now: datetime,
    reason: str = "",
    amount: Money | None = None,
) -> Changed:
    """Put a license on another tier or billing period, at list price unless by contract; needs `license:update_tier`.

    A trial is thereby converted (or, to the free tier, ended). Conflict for a revoked license or where nothing would
    change.
    """
    actor.require(Permission.LICENSE_UPDATE_TIER)
    held, now = _locked(session, actor, install_id, now)
    tier = tier_by_id(session, new_tier)
    before, paid_until_now = _terms(session, actor, held), active_subscription(session, actor, held.id)
    named = period or held.billing_period
    changed = licensing.set_tier(
        session,
        actor,
        install_id,
        tier.id,
        billing_period=billing_period(named) if named and tier.rank else None,
        # A contract's end stays; a trial's goes with the trial.
        expires_at=held.expires_at if held.term == "paid" and tier.rank else None,
        reason=reason,
        now=now,
    )
    follows = _follow(session, actor, changed, paid_until_now, amount, now)
    moved = move(session, actor, paid_until_now, follows, now=now, reason=reason)
    # After what replaces them, so that a customer who goes on paying does not churn in between.
    _end_imported(session, actor, changed, now=now, reason=reason)
    return _changed(session, actor, before, changed, moved)


def convert_license(
    session: WriteSession,
    actor: Actor,
    install_id: str,
    period: str | None = None,
    *,
    now: datetime,
    reason: str = "",
    amount: Money | None = None,
) -> Changed:
    """Turn a trial into the paid license of its tier, without an end; needs `license:update_tier`.

    At list price unless by contract, and billed as agreed at the issue unless by another `period`. Conflict for what is
    no trial.
    """
    actor.require(Permission.LICENSE_UPDATE_TIER)
    held, now = _locked(session, actor, install_id, now)
    require_legal(install_id, standing(held.revoked_at, held.suspended_at), Act.CONVERT)
    if held.term != "trial":
        sentence = f"The license {install_id} is {held.term} already, and only a trial is converted."
        raise Conflict(sentence, code="no_trial")
    return change_tier(session, actor, install_id, held.tier_id, period, now=now, reason=reason, amount=amount)


def revoke_license(session: WriteSession, actor: Actor, install_id: str, *, reason: str, now: datetime) -> Changed:
    """Take a license back and end its subscription; needs `license:revoke`. Conflict where it is revoked already."""
    actor.require(Permission.LICENSE_REVOKE)
    held, now = _locked(session, actor, install_id, now)
    before, paid_until_now = _terms(session, actor, held), active_subscription(session, actor, held.id)
    revoked = licensing.revoke(session, actor, install_id, reason=reason, now=now)
    if paid_until_now is not None:
        end_subscription(session, actor, paid_until_now, now=now, reason=reason)
    moved = move(session, actor, paid_until_now, None, now=now, reason=reason)
    ended = _end_imported(session, actor, revoked, now=now, reason=reason)
    return _changed(session, actor, before, revoked, ended or moved)


def reinstate_license(session: WriteSession, actor: Actor, install_id: str, *, reason: str, now: datetime) -> Changed:
    """Undo a revocation and charge again as agreed before it; needs `license:revoke`."""
    actor.require(Permission.LICENSE_REVOKE)
    held, now = _locked(session, actor, install_id, now)
    before, last = _terms(session, actor, held), latest_subscription(session, actor, held.id)
    back = licensing.reinstate(session, actor, install_id, reason=reason, now=now)
    begun = None
    if back.term == "paid" and last is not None:
        begun = start_subscription(
            session,
            actor,
            back.organization_id,
            back.id,
            last.tier_id,
            last.billing_period,
            last.amount,
            now=now,
            quantity=last.quantity,
        )
    moved = move(session, actor, None, begun, now=now, reason=reason)
    return _changed(session, actor, before, back, moved)


def _end_imported(session: WriteSession, actor: Actor, held: License, *, now: datetime, reason: str) -> Movement | None:
    """End the imported subscriptions of a customer, which stand behind no license: its license's terms now hold."""
    moved = None
    for one in subscriptions_without_license(session, held.organization_id):
        end_subscription(session, actor, one, now=now, reason=reason.strip() or None)
        moved = move(session, actor, one, None, now=now, reason=reason)
    return moved


def _locked(session: WriteSession, actor: Actor, install_id: str, now: datetime) -> tuple[License, datetime]:
    """Return the license as it stands once nobody else moves this customer's money, and when the act takes place."""
    actor.require_vendor()
    now = turn(session, license_by_install(session, actor, install_id, now=now).organization_id, now)
    return license_by_install(session, actor, install_id, now=now), now


def _follow(
    session: WriteSession,
    actor: Actor,
    changed: License,
    before: Subscription | None,
    amount: Money | None,
    now: datetime,
) -> Subscription | None:
    """Return the subscription that pays for the license from now on, having ended or changed the one before."""
    if changed.term == "free":
        if before is not None:
            end_subscription(session, actor, before, now=now)
        return None
    period = _known_period(changed)
    if before is not None:
        currency = before.amount.currency
        listed = agreed_price(session, changed.organization_id, changed.tier_id, period, currency, now).amount
        return change_subscription(session, actor, before, changed.tier_id, period, amount or listed, now=now)
    customer = organization_by_id(session, actor, changed.organization_id)
    price = amount or _list_price(session, customer, changed, None, now)
    return start_subscription(session, actor, customer.id, changed.id, changed.tier_id, period, price, now=now)


def _list_price(
    session: WriteSession, customer: Organization, held: License, currency: str | None, now: datetime
) -> Money:
    known = currency or latest_currency(session, customer.id) or currency_of(customer.country)
    return agreed_price(session, customer.id, held.tier_id, _known_period(held), known, now).amount


def _known_period(held: License) -> BillingPeriod:
    return billing_period(held.billing_period or "")


def _terms(session: WriteSession, actor: Actor, held: License) -> Terms:
    mrr = None
    if actor.may(Permission.FINANCE_READ):
        paying = active_subscription(session, actor, held.id)
        mrr = paying.mrr if paying else Money(0, latest_currency(session, held.organization_id) or REPORTING)
    return Terms(held.tier_id, held.term, held.billing_period, mrr)


def _changed(session: WriteSession, actor: Actor, before: Terms, held: License, moved: Movement | None) -> Changed:
    seen = moved if actor.may(Permission.FINANCE_READ) else None
    after = _terms(session, actor, held)
    return Changed(held.organization_id, held.install_id, held.status, before, after, seen)
