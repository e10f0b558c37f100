"""The words that a person's questions may use: metrics, dimensions, and the values that they may see."""

import functools
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from babel import Locale

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.listing import list_where
from core.accounts.reads import facets
from core.ask.lexicon import DEMONYMS, LEGAL_FORMS, MORE_ALIASES, ROLES, SEVERAL
from core.ask.words import words_of
from core.culture import archetypes, upsell_rules
from core.culture.features import label as feature_label
from core.licensing.reads import tiers
from core.licensing.status import Status
from core.metrics.catalog import METRICS
from core.metrics.fields import DIMENSIONS
from db.session import ReadSession

Key = tuple[str, ...]
# Of more customers than this, the first by name can be named in a question.
MOST_CUSTOMERS: Final = 5_000
_COST_KINDS: Final = ("compute", "storage", "bandwidth", "support")
_PRIORITIES: Final = {"HIGH": "high", "MEDIUM": "medium", "LOW": "low", "URGENT": "urgent"}
_CURRENCIES: Final = {"EUR": ("eur", "euro", "euros"), "GBP": ("gbp", "pounds"), "USD": ("usd",), "CHF": ("chf",)}
# Dimensions whose aliases of the catalogue mean something else in a question.
_NOT_SAID: Final = frozenset({"company", "reason", "trigger", "state", "customer", "customers", "account"})


@dataclass(frozen=True, slots=True)
class Term:
    """One meaning of some words. `kind` metric, dimension, value or role; `member` its id; `value` of a dimension."""

    kind: str
    member: str
    value: str = ""
    label: str = ""


@dataclass(frozen=True)
class Vocabulary:
    """Phrases with their meanings for one person.

    `permissions` and `role` are the person's: a metric that they may not see is known, so that it can be refused.
    `names` are customers by each first word of a name.
    """

    permissions: frozenset[Permission]
    role: str
    terms: Mapping[Key, tuple[Term, ...]]
    longest: Mapping[str, int]
    customers: tuple[str, ...]
    names: Mapping[str, tuple[str, ...]]
    words: frozenset[str]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def vocabulary(session: ReadSession, actor: Actor, *, now: datetime) -> Vocabulary:
    """Return the words that vendor staff may ask with; NotPermitted for anybody else.

    Two reads: the counts by segment, and customers with name, archetype and owner (at most MOST_CUSTOMERS).
    """
    actor.require_vendor()
    if not actor.may(Permission.CUSTOMER_READ):
        return vocabulary_of(actor.permissions, actor.role or actor.kind.value)
    known = tiers(session)
    cards = list_where(session, actor, [], now=now, limit=MOST_CUSTOMERS)
    products = dict.fromkeys(feature for tier in known for feature in tier.features)
    return vocabulary_of(
        actor.permissions,
        actor.role or actor.kind.value,
        customers=[str(name) for name in cards["name"]],
        tiers={tier.id: tier.label for tier in known},
        segments=list(facets(session, actor, now=now).segment),
        products={product: feature_label(product) for product in products},
        owners={str(owner) for owner in cards["owner"] if owner},
    )


def vocabulary_of(
    permissions: Collection[Permission],
    role: str,
    *,
    customers: Iterable[str] = (),
    tiers: Mapping[str, str] | None = None,
    segments: Iterable[str] = (),
    products: Mapping[str, str] | None = None,
    owners: Iterable[str] = (),
) -> Vocabulary:
    """Return a vocabulary from values already read; pure."""
    values = {
        "tier": dict(tiers or {}),
        "segment": {each: each for each in segments},
        "product": dict(products or {}),
        "owner": {each: each.partition("@")[0] for each in owners},
    }
    said: dict[Key, dict[Term, None]] = defaultdict(dict)
    for key, known in _fixed().items():
        said[key] |= dict.fromkeys(known)
    for member, labels in values.items():
        for value, label in labels.items():
            for phrase in {label, value, *_plurals(member, label)}:
                _say(said, phrase, Term("value", member, value, label))
    names = tuple(dict.fromkeys(customers))
    spellings = {name: _spellings(name) for name in names}
    spelled = {key for keys in spellings.values() for key in keys} - set(said)
    for name, keys in spellings.items():
        for key in keys:
            said[key][Term("value", "customer", name, name)] = None
    terms: dict[Key, tuple[Term, ...]] = {key: tuple(found) for key, found in said.items()}
    longest: dict[str, int] = defaultdict(int)
    for key in terms:
        longest[key[0]] = max(longest[key[0]], len(key))
    return Vocabulary(
        frozenset(permissions),
        role,
        terms,
        longest,
        names,
        _by_first_word(names),
        frozenset(word for key in terms for word in key if key not in spelled),
        {**values, **_closed_values()},
    )


@functools.lru_cache(maxsize=20_000)
def _key(phrase: str) -> Key:
    return tuple(word.text for word in words_of(phrase))


def _say(said: dict[Key, dict[Term, None]], phrase: str, term: Term) -> None:
    key = _key(phrase)
    if key:
        said[key][term] = None


def _plurals(member: str, label: str) -> tuple[str, ...]:
    return (f"{label}s",) if member == "product" else ()


def _spellings(name: str) -> set[Key]:
    """Return a name as people write it: whole, and without the legal form at its end."""
    key = _key(name)
    short = key
    while len(short) > 1 and short[-1] in LEGAL_FORMS | {"and"}:
        short = short[:-1]
    return {each for each in (key, short) if each}


def _by_first_word(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        key = _key(name)
        if key and len(key[0]) > 2:
            found[key[0]].append(name)
    return {word: tuple(each) for word, each in found.items()}


@functools.cache
def _closed_values() -> dict[str, dict[str, str]]:
    """Return the values of dimensions that are the same for everybody."""
    countries = {code: name for code, name in Locale("en").territories.items() if len(code) == 2 and code.isalpha()}
    known = [label for _, label, _ in archetypes.RULES]
    rules = [rule.__name__ for rule in upsell_rules.RULES]
    return {
        "country": countries,
        "status": {each.value: each.value.capitalize() for each in Status},
        "archetype": {label: label for label in (*known, "Mixed use", "Not known yet")},
        "cost_kind": {each: each.capitalize() for each in _COST_KINDS},
        "priority": dict(_PRIORITIES),
        "rule": {each: each.replace("_", " ") for each in rules},
        "currency": dict.fromkeys(_CURRENCIES, ""),
    }


@functools.cache
def _fixed() -> dict[Key, tuple[Term, ...]]:
    """Return the phrases that are the same for everybody."""
    said: dict[Key, dict[Term, None]] = defaultdict(dict)
    for phrase, term in (*_roles(), *_metrics(), *_dimensions(), *_values_of_all()):
        _say(said, phrase, term)
    return {key: tuple(found) for key, found in said.items()}


def _roles() -> Iterator[tuple[str, Term]]:
    for role, phrases in ROLES.items():
        yield from ((phrase, Term("role", role)) for phrase in phrases)


def _metrics() -> Iterator[tuple[str, Term]]:
    for one in METRICS.values():
        for phrase in (one.label, one.id.replace("_", " "), *one.aliases, *MORE_ALIASES.get(one.id, ())):
            yield phrase, Term("metric", one.id)
    for phrase, several in SEVERAL.items():
        yield from ((phrase, Term("several", metric_id)) for metric_id in several)


def _dimensions() -> Iterator[tuple[str, Term]]:
    for dimension in DIMENSIONS.values():
        if dimension.id == "customer":
            continue
        for phrase in {dimension.label.lower(), *dimension.aliases} - _NOT_SAID:
            yield phrase, Term("dimension", dimension.id)
            yield f"{phrase.removesuffix('s')}s", Term("dimension", dimension.id)


def _values_of_all() -> Iterator[tuple[str, Term]]:
    for member, labels in _closed_values().items():
        for value, label in labels.items():
            for phrase in _value_phrases(member, value, label):
                yield phrase, Term("value", member, value, label or value)
    for word, code in DEMONYMS.items():
        yield word, Term("value", "country", code, _closed_values()["country"][code])


def _value_phrases(member: str, value: str, label: str) -> tuple[str, ...]:
    if member == "country":
        short = {"US": ("United States of America", "the States"), "GB": ("Great Britain",)}
        return (label, value, *short.get(value, ()))
    if member == "priority":
        return (f"{label} priority", label, f"{label} urgency")
    if member == "currency":
        return _CURRENCIES[value]
    if member == "archetype":
        return (label, f"{label}s")
    return (label, value)
