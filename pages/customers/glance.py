"""What the head of a customer's page says at once: who they are, how they do, what they pay, what comes next."""

from datetime import datetime

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.customers import Customer
from core.accounts.profile import CustomerProfile, SubscriptionView
from pages.customers.narrowing import segment_word
from pages.parts import format as say
from pages.parts import links, pills
from pages.parts.cards import Definition, Drill, Tile, difference


def sentence(profile: CustomerProfile, now: datetime) -> str:
    """The one line that describes them."""
    known = profile.customer
    if known.sentence:
        return known.sentence
    held = profile.subscription.license
    kind = {"trial": "On a trial of", "paid": "Pays for", "free": "Uses"}[held.term]
    return f"{kind} {profile.subscription.tier.label}, issued {say.relative(held.issued_at, now)}."


def badges(profile: CustomerProfile) -> None:
    """Status and tier, and where they belong."""
    known = profile.customer
    marks = [pills.inline("status", known.status), pills.inline("tier", known.tier_id)]
    if known.term == "trial":
        marks.append(pills.inline("status", "trial"))
    about = [known.archetype or "", segment_word(known.segment or ""), known.country or ""]
    if known.owner_email:
        about.append(f"looked after by {known.owner_email.partition('@')[0].capitalize()}")
    said = " · ".join(say.plain(each) for each in about if each)
    st.markdown(" ".join(marks) + (f" :gray[{said}]" if said else ""))


def tiles(actor: Actor, profile: CustomerProfile, now: datetime) -> list[Tile]:
    """Health, MRR, the next date, and how much they do."""
    view = profile.subscription
    return [_health(profile.customer), _mrr(actor, view), _next(view, now), _events(profile, now)]


def _health(known: Customer) -> Tile:
    moved = difference(
        None if known.health is None else round(known.health),
        None if known.health_week_ago is None else round(known.health_week_ago),
        against=f"in a week · {known.band}",
        show=say.integer,
    )
    return Tile(
        "health",
        "Health",
        say.DASH if known.health is None else f"{known.health:.0f}",
        change=moved,
        definition=Definition(
            "How well they use what they have, 0 to 100, by published weights.",
            policy="Excellent from 85, good from 70, fair from 50, at risk below. Its parts are on this page.",
        ),
        drill=Drill(links.to("culture"), "How it is made", {"install_id": known.install_id}),
        note=known.band or "not enough observed yet",
    )


def _mrr(actor: Actor, view: SubscriptionView) -> Tile:
    unpaid = {"trial": "nothing until the trial is converted", "free": "the free tier"}.get(view.license.term, "")
    price = f"{say.amount(view.price)} {view.license.billing_period}" if view.price else unpaid
    return Tile(
        "mrr",
        "MRR",
        say.amount(view.mrr, whole=True),
        definition=Definition(
            "What the subscription behind this license is worth a month, in the customer's own currency.",
            "price of the period ÷ its months",
        ),
        note=price if actor.may(Permission.FINANCE_READ) else "your role does not see money",
    )


def _next(view: SubscriptionView, now: datetime) -> Tile:
    coming = view.next_date
    return Tile(
        "next",
        "Next date" if coming is None else coming.label,
        say.DASH if coming is None else say.day(coming.at),
        definition=Definition(
            "The next date that matters: the end of the license or trial, or else the next day on which is billed."
        ),
        note="nothing ends and nothing is billed" if coming is None else say.relative(coming.at, now),
    )


def _events(profile: CustomerProfile, now: datetime) -> Tile:
    seen = profile.customer.last_seen_at
    return Tile(
        "events",
        "Events in 30 days",
        say.compact(profile.usage.events_30d),
        definition=Definition("Telemetry events that all installs of this customer sent."),
        note="never seen" if seen is None else f"seen {say.relative(seen, now)}",
    )
