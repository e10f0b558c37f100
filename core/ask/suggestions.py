"""What somebody can ask of what there is: whole questions, and the values to narrow one to."""

from collections.abc import Mapping
from datetime import datetime

from core.access.actor import Actor
from core.access.permissions import Permission
from core.ask.examples import examples
from core.ask.vocabulary import vocabulary
from db.session import ReadSession


def suggestions(session: ReadSession, actor: Actor, *, now: datetime, limit: int = 9) -> tuple[str, ...]:
    """Return examples that fit the data and the person, the best first."""
    actor.require(Permission.AI_QUERY)
    return tuple(examples(vocabulary(session, actor, now=now)))[:limit]


def choices(session: ReadSession, actor: Actor, *, now: datetime) -> Mapping[str, Mapping[str, str]]:
    """Return for each dimension with a closed set of values their labels by id."""
    actor.require(Permission.AI_QUERY)
    found = vocabulary(session, actor, now=now).values
    return {member: {value: label or value for value, label in labels.items()} for member, labels in found.items()}
