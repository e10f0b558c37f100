"""How a question was read: a query, or why there is none and what to ask back."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from core.metrics.query import Query

Outcome = Literal["answer", "clarify", "abstain", "refuse"]


@dataclass(frozen=True)
class Reading:
    """The outcome of reading one question.

    answer: `query` is what was asked, `assumptions` say in sentences what was taken for granted.
    clarify: `question` asks back, `options` are labels with the query each stands for; `query` may hold what was sure.
    abstain: `unknown` are the words that were not understood, `reason` says what is missing.
    refuse: `reason` says why, and what to do instead.
    """

    outcome: Outcome
    query: Query | None = None
    assumptions: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    question: str = ""
    options: tuple[tuple[str, Query], ...] = ()
    reason: str = ""


def answer(query: Query, assumptions: Iterable[str] = ()) -> Reading:
    """Return that a question was understood."""
    return Reading("answer", query, tuple(dict.fromkeys(assumptions)))


def clarify(question: str, options: Iterable[tuple[str, Query]] = (), query: Query | None = None) -> Reading:
    """Return that a question can be read in several ways, or lacks a part."""
    return Reading("clarify", query, question=question, options=tuple(options))


def abstain(reason: str, unknown: Iterable[str] = (), query: Query | None = None) -> Reading:
    """Return that a question has no answer in the catalogue."""
    return Reading("abstain", query, unknown=tuple(dict.fromkeys(unknown)), reason=reason)


def refuse(reason: str) -> Reading:
    """Return that a question may not be answered."""
    return Reading("refuse", reason=reason)
