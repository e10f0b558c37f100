"""Upsell opportunities: findings gathered into offers, valued, ordered, or held back with the reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from core.culture.account import Account
from core.culture.health import Health
from core.culture.picture import Picture
from core.culture.said import percent
from core.culture.upsell_findings import Confidence, Evidence, Finding, Kind, NotListed, Priority
from core.culture.upsell_odds import OUTCOMES_FOR_OWN_RATE, chance
from core.culture.upsell_rules import RULES
from core.licensing.reads import Tier
from core.money import Money, round_half_up

# Until twelve months of own history exist; said with the value.
ASSUMED_RETAINED = Fraction(85, 100)
LEAST_HEALTH = 40
PAUSE_AFTER_CONTACT = timedelta(days=30)
REST_AFTER_DECISION = timedelta(days=90)
ASKED = "The customer was asked within the last 30 days."
_ORDER: dict[str, int] = {"HIGH": 0, "MEDIUM": 1, "LOW": 2}
_SURE: dict[str, int] = {"high": 0, "medium": 1, "low": 2}
_SELLING: tuple[Kind, ...] = ("tier", "seats", "convert")


@dataclass(frozen=True)
class Outcomes:
    """How often opportunities of one rule were won, of all that were closed."""

    won: int = 0
    closed: int = 0


@dataclass(frozen=True)
class Closed:
    """An opportunity that somebody closed: won, lost or ignored."""

    state: str
    at: datetime


@dataclass(frozen=True)
class History:
    """What became of earlier opportunities: by rule over all customers, and this customer's by (kind, subject).

    `talked` are those of this customer's open opportunities that somebody called about.
    """

    outcomes: Mapping[str, Outcomes] = field(default_factory=dict)
    closed: Mapping[tuple[str, str], Closed] = field(default_factory=dict)
    talked: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Opportunity:
    """One thing to offer, with the rules that speak for it, the leading one first."""

    kind: Kind
    subject: str
    rule: str
    rule_version: int
    rules: tuple[str, ...]
    priority: Priority
    offer: str
    offer_label: str
    sentence: str
    days_left: int | None
    evidence: tuple[Evidence, ...]
    expected_value_minor: int | None
    currency: str | None
    expected_value_basis: str
    confidence: Confidence = "medium"
    days_p10: int | None = None
    days_p90: int | None = None


def find_opportunities(
    picture: Picture, health: Health, history: History
) -> tuple[tuple[Opportunity, ...], tuple[NotListed, ...]]:
    """Return what to offer, most valuable first within its priority, and what is not on the list and why."""
    results = [result for rule in RULES for result in rule(picture)]
    findings = [result for result in results if isinstance(result, Finding)]
    held = [result for result in results if isinstance(result, NotListed)]
    reason = held_back(picture, health, history)
    listed = []
    for group in _gathered(findings):
        selling = group[0].kind in _SELLING or picture.account.lapsed(picture.now) is not None
        # A conversation that has begun goes on, whatever else the customer is spared.
        spared = reason is not None and selling and not (reason == ASKED and _key(group[0]) in history.talked)
        why = reason if spared else _decided(group, history, picture.now)
        if why is None:
            listed.append(group)
        else:
            held += [NotListed(finding.rule, finding.subject, why) for finding in group]
    made = [_opportunity(picture, group, history.outcomes) for group in listed]
    made.sort(key=lambda one: (_ORDER[one.priority], -(one.expected_value_minor or 0), one.kind, one.subject))
    return tuple(made), tuple(held)


def held_back(picture: Picture, health: Health, history: History) -> str | None:
    """Return why this customer should not be sold to now, or None."""
    commercial = picture.account.commercial
    over = picture.account.lapsed(picture.now)
    if over is not None:
        return f"The license is {over}."
    if commercial.payment_failed:
        return "A payment failed: settle that first."
    if commercial.urgent_tickets:
        return "An urgent ticket is open: help first."
    if health.score is not None and health.score < LEAST_HEALTH:
        return f"Health is {health.score:.0f}, below {LEAST_HEALTH}: help first."
    asked = [closed.at for closed in history.closed.values() if closed.state in {"won", "lost"}]
    contacted = max([*asked, *([commercial.contacted_at] if commercial.contacted_at else [])], default=None)
    if contacted is not None and picture.now - contacted < PAUSE_AFTER_CONTACT:
        return ASKED
    return None


def fitting_tier(account: Account, needs: Mapping[str, int], features: Iterable[str], domains: int) -> Tier | None:
    """Return the smallest tier above the present one that fits every need, or None where not even the highest does."""
    wanted = set(features)
    for tier in account.tiers:
        limits = [(tier.limits.get(meter), need) for meter, need in needs.items()]
        fits = all(highest is None or need <= highest for highest, need in limits)
        roomy = tier.max_domains is None or domains <= tier.max_domains
        if tier.rank > account.tier.rank and fits and roomy and wanted <= set(tier.features):
            return tier
    return None


def expected_value(account: Account, offered: Tier | None, outcomes: Outcomes) -> tuple[int | None, str | None, str]:
    """Return P(win) × ΔMRR × 12 × P(retained 12 months) in minor units, its currency, and how it was made."""
    commercial = account.commercial
    if offered is None:
        return None, None, "No value: this offer has no list price."
    price = commercial.list_mrr.get(offered.id)
    if price is None or commercial.mrr is None:
        return None, None, "No value: the tier's price, or what the customer pays now, is not known here."
    gain = price - commercial.mrr
    won = chance(outcomes.won, outcomes.closed)
    retained = commercial.retained if commercial.retained is not None else ASSUMED_RETAINED
    exact = won * max(gain.minor, 0) * 12 * retained
    value = round_half_up(Decimal(exact.numerator) / Decimal(exact.denominator))
    return value, gain.currency, _basis(won, outcomes, gain, retained, commercial.retained is None)


def _basis(won: Fraction, outcomes: Outcomes, gain: Money, retained: Fraction, assumed: bool) -> str:
    source = f"{outcomes.closed} outcomes and the prior Beta(1, 9)"
    if outcomes.closed < OUTCOMES_FOR_OWN_RATE:
        source = f"still mostly the prior Beta(1, 9), {outcomes.closed} outcomes so far"
    kept = "assumed" if assumed else "of your customers"
    return (
        f"{percent(float(won))} chance to win ({source}) × {gain.major():,} {gain.currency} more a month × 12 × "
        f"{percent(float(retained))} kept for a year ({kept})"
    )


def _gathered(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Group findings that lead to the same offer: all that ask for a higher tier are one conversation."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_key(finding), []).append(finding)
    return [sorted(group, key=_weight) for group in groups.values()]


def _weight(finding: Finding) -> tuple[int, int]:
    return _ORDER[finding.priority], _SURE[finding.confidence]


def _decided(group: Sequence[Finding], history: History, now: datetime) -> str | None:
    """Say that this was decided lately, so that what somebody closed does not come back by itself the next day."""
    closed = history.closed.get(_key(group[0]))
    if closed is None or now - closed.at >= REST_AFTER_DECISION:
        return None
    rest = REST_AFTER_DECISION.days
    return f"It was closed as {closed.state} on {closed.at.day} {closed.at:%B}; it rests for {rest} days."


def _key(finding: Finding) -> tuple[str, str]:
    return finding.kind, finding.subject if finding.kind == "training" else ""


def _opportunity(picture: Picture, group: Sequence[Finding], outcomes: Mapping[str, Outcomes]) -> Opportunity:
    lead = group[0]
    offered = _offered(picture, group)
    offer, offer_label = _named(lead, offered)
    value, currency, basis = expected_value(picture.account, offered, outcomes.get(lead.rule, Outcomes()))
    timed = [finding for finding in group if finding.days_left is not None]
    first = min(timed, key=lambda finding: finding.days_left or 0, default=None)
    return Opportunity(
        kind=lead.kind,
        subject=_key(lead)[1],
        rule=lead.rule,
        rule_version=lead.evidence[0].version,
        rules=tuple(dict.fromkeys(finding.rule for finding in group)),
        # What the facts hardly bear out is never urgent.
        priority="MEDIUM" if lead.confidence == "low" and lead.priority == "HIGH" else lead.priority,
        offer=offer,
        offer_label=offer_label,
        sentence=_sentence(picture, group),
        days_left=first.days_left if first else None,
        evidence=tuple(fact for finding in group for fact in finding.evidence),
        expected_value_minor=value,
        currency=currency,
        expected_value_basis=basis,
        confidence=lead.confidence,
        days_p10=first.days_p10 if first else None,
        days_p90=first.days_p90 if first else None,
    )


def _offered(picture: Picture, group: Sequence[Finding]) -> Tier | None:
    account = picture.account
    if group[0].kind == "convert":
        return account.tier
    if group[0].kind != "tier":
        return None
    needs = {row.meter: row.needed for row in picture.usage if row.needed is not None}
    rules = {finding.rule for finding in group}
    window = picture.observed.window
    refused = [row.feature for row in picture.observed.feature_actors if row.denied and window.holds(row.day)]
    wanted = refused if "refused_features" in rules else []
    wanted += [finding.subject for finding in group if finding.rule == "missing_complement"]
    domains = len(picture.stack.production_domains) if "several_domains" in rules else 0
    return fitting_tier(account, needs, set(wanted) - account.features, domains)


def _named(lead: Finding, offered: Tier | None) -> tuple[str, str]:
    if lead.kind == "training":
        name = lead.clause.rpartition(" touches ")[2]
        return f"training:{lead.subject}", f"{name} training"
    if lead.kind == "seats":
        return "seats", "More seats"
    if lead.kind == "rescue":
        return "onboarding", "Help them start"
    if lead.kind == "services":
        return "services", "Help with the upgrade"
    if lead.kind == "convert" and offered is not None:
        return offered.id, f"Turn the trial into {offered.label}"
    return (offered.id, f"Upgrade to {offered.label}") if offered else ("custom", "A custom agreement")


def _sentence(picture: Picture, group: Sequence[Finding]) -> str:
    clauses = list(dict.fromkeys(finding.clause for finding in group))
    told = "; ".join(clauses)
    if group[0].kind == "tier":
        told += f", on the {picture.account.tier.label} tier"
    return f"{told[:1].upper()}{told[1:]}."
