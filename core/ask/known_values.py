"""Values of filters as a model wrote them, turned into those that there are; what there is not is never guessed."""

from collections.abc import Mapping

from core.ask.vocabulary import Vocabulary
from core.errors import InvalidInput
from core.metrics.query import Filter, Query

_NAMES = frozenset({"customer", "name"})


def values_known(query: Query, words: Vocabulary) -> Query:
    """Return the query with ids for values; InvalidInput for a value that this person's data does not have."""
    return query.model_copy(update={"filters": tuple(_filter(one, words) for one in query.filters)})


def _filter(one: Filter, words: Vocabulary) -> Filter:
    if one.op in {"contains", "is_null", "not_null"}:
        return one
    if one.member in _NAMES:
        known: Mapping[str, str] = {name: name for name in words.customers}
    elif one.member in words.values:
        known = words.values[one.member]
    else:
        return one
    ids = {label.casefold(): value for value, label in known.items() if label}
    ids |= {value.casefold(): value for value in known}
    return one.model_copy(update={"values": tuple(_id(value, one.member, ids) for value in one.values)})


def _id(value: str, member: str, ids: Mapping[str, str]) -> str:
    found = ids.get(value.strip().casefold())
    if found is None:
        raise InvalidInput(f"There is no {member.replace('_', ' ')} “{value[:80]}”.", field="filters")
    return found
