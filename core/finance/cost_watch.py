"""Watching costs: every rule held against the last whole month, what is new told once to who looks after money."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import select

from core.access.actor import Actor
from core.access.permissions import ROLE_PERMISSIONS, Permission
from core.announce.writes import announce
from core.config import settings
from core.errors import InvalidInput
from core.finance.cost_alerts import begin_with_the_usual, cost_rules, hold, let_go
from core.finance.cost_judging import LOOK_BACK, By, Rule, Verdict, Watched, judged
from core.finance.costs import cost_facts
from core.finance.exchange import REPORTING
from core.finance.margins import margins
from core.money import Money
from core.notify.writes import send_mail
from core.organizations.mail_brand import mail_brand
from core.periods import Period, months_until
from db.models.access import person
from db.session import ReadSession, WriteSession

_KEYS: Final[Mapping[By, str]] = {"kind": "cost_kind", "product": "product", "customer": "organization_id"}
_ALL: Final = "All costs"


def watch(session: WriteSession, actor: Actor, *, now: datetime, told: bool = True) -> int:
    """Judge every rule and return how many alerts are new; each is announced, and mailed unless not `told`.

    Judged is the last month that is over; an amount is also exceeded by the month that runs. What holds already is not
    told again, and is over once it has fallen well below (see cost_judging).
    """
    costs = _Costs(session, actor, now)
    if not costs.any:
        return 0
    begin_with_the_usual(session, actor, now=now)
    new = 0
    for rule in cost_rules(session, actor):
        holding = []
        for of in costs.watched(rule):
            found = judged(rule, of)
            if found is not None and found.holds:
                holding.append(of.subject)
            if found is not None and found.fires:
                why = reason(rule, of, found, costs.month)
                made = hold(session, actor, rule, of, found, costs.month.start.date(), why, now)
                if made is not None:
                    new += 1
                    _tell(session, actor, made, of, why, now=now, mailed=told)
        let_go(session, rule, holding, now)
    return new


def reason(rule: Rule, of: Watched, found: Verdict, month: Period) -> str:
    """Return why a rule fires, in a sentence."""
    name = f"{month.start:%B}"
    if rule.measure == "cost":
        when = "this month so far" if of.running > of.costs[-1] else f"in {name}"
        return f"{of.name} cost {_whole(found.cost)} {when}, above {rule.above}."
    if rule.measure == "margin":
        assert found.share is not None and rule.below is not None  # noqa: S101, PT018 - judged by it
        return f"{of.name} left {found.share:.0%} of revenue in {name}, below {rule.below:.0%}.".replace("-", "−")
    more = "" if found.share is None else f", {found.share:.0%} more than usual"
    usual = f"{_whole(found.usual or 0)} by the median of {found.months} months"
    return f"{of.name} cost {_whole(found.cost)} in {name}{more}: {usual}."


class _Costs:
    """The costs of a year and the running month, read once and looked at rule by rule."""

    def __init__(self, session: ReadSession, actor: Actor, now: datetime) -> None:
        self._session, self._actor, self._now = session, actor, now
        *whole, self._running = months_until(now, LOOK_BACK + 2)
        self._months, self.month = whole, whole[-1]
        self._frame = cost_facts(
            session, actor, [*whole, self._running], by=("cost_kind", "product", "customer"), as_of=now
        )
        self.any = not self._frame.empty
        self._margins: dict[str, dict[str, Decimal | None]] = {}

    def watched(self, rule: Rule) -> Iterable[Watched]:
        """Return what a rule judges; costs that are nobody's are no customer's."""
        starts = [_naive(month) for month in (*self._months, self._running)]
        sums: dict[str, list[int]] = defaultdict(lambda: [0] * len(starts))
        names: dict[str, str] = {}
        for row in self._frame.to_dict("records"):
            subject = "" if rule.by == "all" else str(row[_KEYS[rule.by]])
            if (rule.by != "all" and not subject) or (rule.only is not None and subject != rule.only):
                continue
            sums[subject][starts.index(row["period"].to_pydatetime())] += int(row["cost"])
            names[subject] = (
                _ALL if rule.by == "all" else str(row["customer"]) if rule.by == "customer" else _label(subject)
            )
        days = tuple((month.end - month.start).days for month in self._months)
        shares = self._shares(rule.by) if rule.measure == "margin" else {}
        for subject, costs in sorted(sums.items()):
            *whole, running = costs
            yield Watched(subject, names[subject], tuple(whole), days, running, shares.get(subject))

    def _shares(self, by: By) -> Mapping[str, Decimal | None]:
        if by not in self._margins:
            kind = cast("Any", by)
            found = margins(self._session, self._actor, self.month, kind, as_of=self._now)
            self._margins[by] = {each.key or "": each.margin for each in found}
        return self._margins[by]


def _tell(
    session: WriteSession, actor: Actor, alert_id: UUID, of: Watched, why: str, *, now: datetime, mailed: bool
) -> None:
    # Why is an amount, and for who may see money: everybody of the vendor hears of this.
    news = {"kind": "cost.alert", "title": f"Cost alert: {of.name}", "alertId": str(alert_id), "subject": of.name}
    announce(session, actor.organization_id, "activity:new", news, now=now)
    if not mailed:
        return
    values = {
        "brand": mail_brand(session, actor, actor.organization_id),
        "title": f"Costs: {of.name}",
        "paragraphs": [why, "It is told once, and again only after it has fallen well below."],
        "facts": [],
        "button": {"label": "Open Costs", "href": f"{settings().origin}/costs"},
        "reason": "You get this because you may record costs and cash.",
    }
    for address in _addresses(session, actor):
        try:
            send_mail(
                session,
                actor.organization_id,
                to=address,
                subject=f"Costs: {of.name}",
                template="notice",
                values=values,
                now=now,
                once=f"cost-alert:{alert_id}:{address}",
            )
        except InvalidInput:
            # An address that is none reaches nobody; the others still hear of it, and the page shows it to all.
            continue


def _addresses(session: ReadSession, actor: Actor) -> Sequence[str]:
    """Return the addresses of the vendor's people who look after costs."""
    roles = [role.value for role, may in ROLE_PERMISSIONS.items() if Permission.FINANCE_MANAGE_COSTS in may]
    c = person.c
    who = (c.organization_id == actor.organization_id, c.role.in_(roles), c.disabled_at.is_(None))
    return session.execute(select(c.email).where(*who).order_by(c.email)).scalars().all()


def _label(subject: str) -> str:
    return subject.replace("_", " ").capitalize()


def _whole(minor: int) -> str:
    return str(Money(minor, REPORTING)).removesuffix(".00")


def _naive(month: Period) -> datetime:
    return month.start.replace(tzinfo=None)
