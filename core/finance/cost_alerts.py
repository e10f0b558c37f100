"""Rules of what costs may be, and what they found: made by people, held until what they warn of has fallen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, get_args
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput, NotFound
from core.finance.cost_judging import By, Measure, Rule, Verdict, Watched
from core.finance.entries import LARGEST
from core.finance.exchange import REPORTING
from core.ids import new_id
from core.money import Money
from db.models.costs import cost_alert, cost_rule
from db.session import ReadSession, WriteSession

MOST_RULES: Final = 100
# What is watched from the first cost on, until somebody changes it: months unlike others, and serving at a loss.
USUAL: Final[tuple[tuple[Measure, By, Decimal | None], ...]] = (
    ("unusual", "kind", None),
    ("unusual", "customer", None),
    ("margin", "customer", Decimal(0)),
)


@dataclass(frozen=True)
class Alert:
    """What a rule found of a subject in a month; it holds while `fell_at` is None."""

    id: UUID
    rule: Rule
    subject: str
    name: str
    month: date
    cost: Money
    usual: Money | None
    why: str
    raised_at: datetime
    fell_at: datetime | None


def cost_rules(session: ReadSession, actor: Actor) -> tuple[Rule, ...]:
    """Return the rules in force, the oldest first; needs `finance:read`."""
    _may_see(actor)
    statement = select(cost_rule).where(cost_rule.c.ended_at.is_(None)).order_by(cost_rule.c.made_at, cost_rule.c.id)
    return tuple(_rule(row) for row in session.execute(statement))


def cost_alerts(session: ReadSession, actor: Actor, *, held: bool = True, limit: int = 50) -> tuple[Alert, ...]:
    """Return what rules found, the newest first; only what still holds unless told otherwise; needs `finance:read`."""
    _may_see(actor)
    statement = select(cost_alert, *(cost_rule.c[name].label(f"of_rule_{name}") for name in _RULE_COLUMNS)).join(
        cost_rule, cost_rule.c.id == cost_alert.c.rule_id
    )
    if held:
        statement = statement.where(cost_alert.c.fell_at.is_(None), cost_rule.c.ended_at.is_(None))
    order = (cost_alert.c.raised_at.desc(), cost_alert.c.cost_minor.desc(), cost_alert.c.id)
    return tuple(_alert(row) for row in session.execute(statement.order_by(*order).limit(limit)))


def add_rule(
    session: WriteSession,
    actor: Actor,
    measure: Measure,
    by: By,
    *,
    only: str | None = None,
    above: Money | None = None,
    below: Decimal | None = None,
    now: datetime,
) -> Rule:
    """Watch something from now on and return the rule; needs `finance:manage_costs`.

    `above` is an amount of REPORTING a month, for `cost`; `below` a share of revenue, for `margin`.
    """
    _may_manage(actor)
    _check(measure, by, above, below)
    if len(cost_rules(session, actor)) >= MOST_RULES:
        raise InvalidInput(f"There are {MOST_RULES} rules already. End one first.")
    made = Rule(new_id(), measure, by, only or None, above, below, actor.label)
    _insert(session, actor, made, now)
    after = {"measure": measure, "by": by, "only": only, "aboveMinor": above and above.minor, "below": _said(below)}
    audit.record(session, actor, "cost_rule.added", ("cost_rule", str(made.id)), now=now, after=after)
    return made


def end_rule(session: WriteSession, actor: Actor, rule_id: UUID, *, now: datetime) -> None:
    """Watch it no longer; what it found stays in the history. Needs `finance:manage_costs`."""
    _may_manage(actor)
    mine = cost_rule.c.id == rule_id
    ended = update(cost_rule).where(mine, cost_rule.c.ended_at.is_(None)).values(ended_at=now)
    if session.execute(ended.returning(cost_rule.c.id)).one_or_none() is None:
        raise NotFound("There is no such rule, or it has ended.")
    held = (cost_alert.c.rule_id == rule_id, cost_alert.c.fell_at.is_(None))
    session.execute(update(cost_alert).where(*held).values(fell_at=now))
    audit.record(session, actor, "cost_rule.ended", ("cost_rule", str(rule_id)), now=now)


def begin_with_the_usual(session: WriteSession, actor: Actor, *, now: datetime) -> None:
    """Make the rules that everybody begins with, where none was ever made."""
    # Two processes at once would each make them.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("cost rules", 0))))
    if session.execute(select(cost_rule.c.id).limit(1)).first() is None:
        for measure, by, below in USUAL:
            _insert(session, actor, Rule(new_id(), measure, by, None, None, below, actor.label), now)


def hold(
    session: WriteSession, actor: Actor, rule: Rule, of: Watched, found: Verdict, month: date, why: str, now: datetime
) -> UUID | None:
    """Write what a rule found and return its id; None where it holds already, so that it is told once."""
    made = new_id()
    statement = upsert(cost_alert).values(
        id=made,
        organization_id=actor.organization_id,
        rule_id=rule.id,
        subject=of.subject,
        subject_name=of.name,
        month=month,
        cost_minor=found.cost,
        share=found.share if found.share is None else round(found.share, 6),
        usual_minor=found.usual,
        months=found.months,
        why=why,
        raised_at=now,
    )
    return session.execute(statement.on_conflict_do_nothing().returning(cost_alert.c.id)).scalar_one_or_none()


def let_go(session: WriteSession, rule: Rule, holding: Sequence[str], now: datetime) -> int:
    """End what a rule said of all subjects but those it still holds for, and return how many that were."""
    c = cost_alert.c
    over = update(cost_alert).where(c.rule_id == rule.id, c.fell_at.is_(None), c.subject.not_in(holding))
    return session.execute(over.values(fell_at=now)).rowcount


_RULE_COLUMNS: Final = ("id", "measure", "by", "only", "above_minor", "below_share", "made_by")


def _insert(session: WriteSession, actor: Actor, rule: Rule, now: datetime) -> None:
    session.execute(
        insert(cost_rule).values(
            id=rule.id,
            organization_id=actor.organization_id,
            measure=rule.measure,
            by=rule.by,
            only=rule.only,
            above_minor=rule.above and rule.above.minor,
            below_share=rule.below,
            made_by=rule.made_by,
            made_at=now,
        )
    )


def _check(measure: Measure, by: By, above: Money | None, below: Decimal | None) -> None:
    if measure not in get_args(Measure) or by not in get_args(By):
        raise InvalidInput("Choose what is watched, and of what each is judged.", field="measure")
    amount_fits = above is not None and 0 < above.minor <= LARGEST and above.currency == REPORTING
    if (measure == "cost") != (above is not None) or (above is not None and not amount_fits):
        raise InvalidInput(f"Give an amount of {REPORTING} above zero, for a rule of costs alone.", field="above")
    if (measure == "margin") != (below is not None) or (below is not None and not -10 <= below <= 1):
        raise InvalidInput("Give a share of revenue up to 100 %, for a rule of margins alone.", field="below")
    if measure == "margin" and by in {"all", "kind"}:
        raise InvalidInput("A margin is a customer's or a product's. Choose one of them.", field="by")


def _rule(row: Row[Any], prefix: str = "") -> Rule:
    found = {name: getattr(row, f"{prefix}{name}") for name in _RULE_COLUMNS}
    above = None if found["above_minor"] is None else Money(found["above_minor"], REPORTING)
    return Rule(
        found["id"], found["measure"], found["by"], found["only"], above, found["below_share"], found["made_by"]
    )


def _alert(row: Row[Any]) -> Alert:
    return Alert(
        id=row.id,
        rule=_rule(row, "of_rule_"),
        subject=row.subject,
        name=row.subject_name,
        month=row.month,
        cost=Money(row.cost_minor, REPORTING),
        usual=None if row.usual_minor is None else Money(row.usual_minor, REPORTING),
        why=row.why,
        raised_at=row.raised_at,
        fell_at=row.fell_at,
    )


def _said(share: Decimal | None) -> str | None:
    return None if share is None else str(share)


def _may_see(actor: Actor) -> None:
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)


def _may_manage(actor: Actor) -> None:
    actor.require_vendor()
    actor.require(Permission.FINANCE_MANAGE_COSTS)
