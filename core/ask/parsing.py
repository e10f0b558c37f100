"""Reading a question without a model: every word finds its place in a query of the catalogue, or there is no answer.

Normalize, refuse what may not be asked, read the words as tokens, mend typing errors, gather what is asked for, frame
it as a query. Pure: the same text, words and day give the same reading.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from core.access.permissions import Permission
from core.ask import spelling
from core.ask.followups import goes_on, patched
from core.ask.frames import framed
from core.ask.gate import refusal
from core.ask.gathering import slots_of
from core.ask.lattice import tokens
from core.ask.reading import Outcome, Reading, abstain, clarify, refuse
from core.ask.slots import Slots
from core.ask.vocabulary import Vocabulary
from core.ask.words import LONGEST, Word, normalized, words_of
from core.metrics.catalog import METRICS
from core.metrics.fields import ENTITIES
from core.metrics.query import Query

__all__ = ["Outcome", "Reading", "read_question"]
_MOST_REPAIRS: Final = 3
_MOST_OPTIONS: Final = 6


def read_question(text: str, vocabulary: Vocabulary, *, today: date, previous: Query | None = None) -> Reading:
    """Return what a question asks for; `previous` is the query of the question before, from which it may go on."""
    plain = normalized(text[: 4 * LONGEST])
    if len(plain) > LONGEST:
        return abstain(f"Ask in {LONGEST} characters or fewer.")
    reason = refusal(plain)
    if reason is not None:
        return refuse(reason)
    words = words_of(plain)
    if not words:
        return clarify("What do you want to know? Name a number, or ask which customers.")
    return _read(words, vocabulary, today, previous, ())


def _read(
    words: tuple[Word, ...], vocabulary: Vocabulary, today: date, previous: Query | None, said: tuple[str, ...]
) -> Reading:
    found = tokens(words, vocabulary, today)
    strange = [token for token in found if not token.known]
    for token in strange if len(said) < _MOST_REPAIRS else ():
        mended = spelling.repair(words, token.start, vocabulary)
        if mended is not None:
            return _mended(words, token.start, mended, vocabulary, today, previous, said)
    slots = slots_of(found)
    for text, *several in slots.several:
        return _several(words, text, several, vocabulary, today, previous)
    if slots.unknown:
        return _not_understood(slots, vocabulary, today)
    if previous is not None and goes_on(words, slots):
        reading = patched(previous, words, slots, vocabulary, today)
    else:
        reading = framed(slots, vocabulary, today)
    reading = permitted(reading, vocabulary)
    return replace(reading, assumptions=(*said, *reading.assumptions)) if reading.outcome == "answer" else reading


def _mended(
    words: tuple[Word, ...],
    at: int,
    mended: spelling.Repair,
    vocabulary: Vocabulary,
    today: date,
    previous: Query | None,
    said: tuple[str, ...],
) -> Reading:
    """Read the question with what a word was meant to be; several meanings that differ are asked back."""
    written = " ".join(word.shown for word in words[at : at + mended.length])
    readings = []
    for label, meant in mended.meant[:_MOST_OPTIONS]:
        read = f"“{written}” is read as “{label}”."
        changed = (*words[:at], *meant, *words[at + mended.length :])
        readings.append((label, _read(changed, vocabulary, today, previous, (*said, read))))
    refused = next((one for _, one in readings if one.outcome == "refuse"), None)
    if refused is not None:
        return refused
    queries = {label: one.query for label, one in readings if one.outcome == "answer" and one.query is not None}
    if mended.sure and (len(readings) == 1 or (len(queries) == len(readings) and len(set(queries.values())) == 1)):
        return readings[0][1]
    if not queries:
        return abstain(f"“{written}” is not understood.", [written])
    return clarify(f"What do you mean by “{written}”?", queries.items())


def _several(
    words: tuple[Word, ...],
    text: str,
    several: Sequence[str],
    vocabulary: Vocabulary,
    today: date,
    previous: Query | None,
) -> Reading:
    """Ask which of several numbers is meant by words that people use for all of them."""
    said = tuple(text.split())
    plain = [word.text for word in words]
    at = next(place for place in range(len(words)) if tuple(plain[place : place + len(said)]) == said)
    readings = []
    for metric_id in several:
        named = words_of(metric_id.replace("_", " "))
        changed = (*words[:at], *named, *words[at + len(said) :])
        readings.append((METRICS[metric_id].label, _read(changed, vocabulary, today, previous, ())))
    options = [(label, one.query) for label, one in readings if one.outcome == "answer" and one.query is not None]
    if not options:
        return readings[0][1]
    return clarify(f"“{text.capitalize()}” can mean several numbers. Which one?", options)


def _not_understood(slots: Slots, vocabulary: Vocabulary, today: date) -> Reading:
    """Say which words were not understood, what is near them, and what was understood without them."""
    unknown, slots.unknown = tuple(dict.fromkeys(slots.unknown)), []
    partial = permitted(framed(slots, vocabulary, today), vocabulary) if slots.metrics or slots.entity else None
    if partial is not None and partial.outcome == "refuse":
        return partial
    named = ", ".join(f"“{word}”" for word in unknown)
    near = list(dict.fromkeys(each for word in unknown for each in spelling.near(word)))[:4]
    reason = f"Not understood: {named}." + (f" The catalogue has: {', '.join(near)}." if near else "")
    return abstain(reason, unknown, partial.query if partial is not None and partial.outcome == "answer" else None)


def permitted(reading: Reading, vocabulary: Vocabulary) -> Reading:
    """Return a reading as it is, or refused where it asks for what the person may not see."""
    if reading.outcome == "clarify" and reading.options:
        seen = tuple(one for one in reading.options if _denied(one[1], vocabulary) is None)
        if seen:
            return replace(reading, options=seen)
        return refuse(_denied(reading.options[0][1], vocabulary) or "")
    if reading.query is None or reading.outcome != "answer":
        return reading
    reason = _denied(reading.query, vocabulary)
    return reading if reason is None else refuse(reason)


def _denied(query: Query, vocabulary: Vocabulary) -> str | None:
    for label, permission in _needs(query):
        if permission not in vocabulary.permissions:
            return f"You may not see {label}. {permission.denial(vocabulary.role)}"
    return None


def _needs(query: Query) -> Iterator[tuple[str, Permission]]:
    members = [*query.metrics, *(one.member for one in query.filters), *([query.order.member] if query.order else [])]
    for member in members:
        if query.entity is not None:
            known = ENTITIES[query.entity].get(member)
            if known is not None and known.permission is not None:
                yield known.label, known.permission
        elif member in METRICS:
            yield METRICS[member].label, METRICS[member].permission
    if query.entity == "upsells":
        yield "upsells", Permission.CULTURE_READ
    elif query.entity in {"movements", "subscriptions"}:
        yield query.entity, Permission.FINANCE_READ
    elif query.entity == "customers":
        yield "customers", Permission.CUSTOMER_READ
