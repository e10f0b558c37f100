"""The metric policy changed: a new version with who, when and why; the earlier ones stay."""

from datetime import datetime
from typing import Final

from sqlalchemy import func, insert, select

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.announce.writes import announce
from core.errors import Conflict, InvalidInput
from core.finance.policy import switch_of
from core.finance.policy_reads import Version, policy_in_force
from db.models.finance import metric_policy
from db.session import WriteSession

LONGEST_REASON: Final = 500


def set_switch(session: WriteSession, actor: Actor, switch: str, choice: str, *, reason: str, now: datetime) -> Version:
    """Put a version in force in which one switch is on another choice; needs `finance:manage_costs`.

    Figures of the past change with it, since they are all told by the policy in force; the ledger does not. Conflict
    where it is on that choice already, InvalidInput without a reason.
    """
    actor.require_vendor()
    actor.require(Permission.FINANCE_MANAGE_COSTS)
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON:
        raise InvalidInput(f"Say why, in a sentence of at most {LONGEST_REASON} characters.", field="reason")
    # Two versions at once would both follow the same one.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("metric policy", 0))))
    before = policy_in_force(session)
    policy = before.policy.but(switch, choice)
    if policy == before.policy:
        raise Conflict(f"“{switch_of(switch).question}” is answered like that already.", code="nothing_changed")
    made = Version(before.number + 1, policy, now, actor.label, said)
    session.execute(
        insert(metric_policy).values(
            version=made.number, settings=policy.settings(), made_at=now, made_by=actor.label, reason=said
        )
    )
    was, is_ = ({switch: one.settings()[switch]} for one in (before.policy, policy))
    target = ("metric_policy", str(made.number))
    audit.record(session, actor, "metric_policy.changed", target, now=now, reason=said, before=was, after=is_)
    announce(session, actor.organization_id, "metrics:updated", {"metrics": ["mrr"]}, now=now)
    return made
