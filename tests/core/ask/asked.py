"""The verified questions: what each must be read as, and how a reading is scored against that."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml

from core.access.permissions import ROLE_PERMISSIONS, Role
from core.ask.parsing import Reading, read_question
from core.ask.vocabulary import Vocabulary, vocabulary_of
from core.metrics.query import Query

TODAY = date(2026, 11, 21)
TUNED, HELD_OUT = (Path(__file__).parent / name for name in ("questions.yaml", "questions_held_out.yaml"))
Verdict = Literal["right", "asked back", "no answer", "wrong", "unsafe"]
_CUSTOMERS = (
    *("Demo Customer", "Northwind Markets", "Acme GmbH", "Globex", "Initech", "Umbrella Logistics", "Hooli"),
    *("Apex Clinics", "Apex Foods", "Nova Bank", "Nova Print", "Stark Retail", "Wayne Foundation", "Soylent"),
    *("Vandelay Imports", "Tyrell", "Wonka Sweets", "Cyberdyne", "Pied Piper", "Dunder Paper", "Gekko Capital"),
    *("Massive Dynamic", "Oscorp", "Aperture Labs", "Alder & Co", "Bluebird Books", "Riverside Clinic", "Echo Audio"),
    *("Falcon Security", "Glacier Water", "Nimbus Games", "Harbor Hotels", "Delta Dental", "Horizon Homes"),
)
_PEOPLE = {"fiona": Role.OWNER, "mia": Role.MEMBER, "vera": Role.VIEWER}


@dataclass(frozen=True)
class Question:
    """One verified question: by whom and after what it is asked, and what must come out."""

    text: str
    by: str
    after: str | None
    outcome: str
    query: dict[str, Any] | None
    names: tuple[str, ...]


def questions(path: Path) -> list[Question]:
    """Return the verified questions of a file."""
    return [
        Question(
            one["ask"],
            one.get("by", "fiona"),
            one.get("after"),
            "answer" if "answer" in one else one["outcome"],
            _expected(one["answer"]) if "answer" in one else None,
            tuple(one.get("names", ())),
        )
        for one in yaml.safe_load(path.read_text())
    ]


def words_for(person: str) -> Vocabulary:
    """Return the words of a person of the cast over the demo world's names."""
    role = _PEOPLE[person]
    return vocabulary_of(
        ROLE_PERMISSIONS[role],
        role.value,
        customers=_CUSTOMERS,
        tiers={"free": "Free", "basic": "Basic", "pro": "Pro", "enterprise": "Enterprise"},
        segments=("Retail", "Food", "Software", "Logistics", "Health", "Finance", "SaaS", "Manufacturing", "Nonprofit"),
        products={
            "pos": "POS",
            "chatbot": "Chatbot",
            "email": "Email",
            "sales": "Sales",
            "crypto": "Crypto",
            "analytics": "Analytics",
        },
        owners=("sam@calos.test", "mia@calos.test"),
    )


def read(question: Question, vocabulary: Vocabulary) -> Reading:
    """Read a question, after the one that it follows on."""
    previous = None
    if question.after is not None:
        previous = read_question(question.after, vocabulary, today=TODAY).query
    return read_question(question.text, vocabulary, today=TODAY, previous=previous)


def verdict(question: Question, reading: Reading) -> Verdict:
    """Score a reading: an answer where none may come is wrong, and unsafe where it must be refused."""
    if reading.outcome == "answer":
        if question.outcome == "refuse":
            return "unsafe"
        if reading.query is None or question.query is None or said(reading.query) != question.query:
            return "wrong"
        return "right"
    if reading.outcome == question.outcome and all(_names(reading, name) for name in question.names):
        return "right"
    return "asked back" if reading.outcome == "clarify" else "no answer"


def _names(reading: Reading, name: str) -> bool:
    told = (reading.question, reading.reason, *reading.unknown, *(label for label, _ in reading.options))
    return any(name.lower() in one.lower() for one in told)


def said(query: Query) -> dict[str, Any]:
    """Return a query as the files write it: labels left out, filters in any order."""
    told: dict[str, Any] = {"intent": query.intent, "metrics": list(query.metrics)}
    told |= {"dimensions": list(query.dimensions), "entity": query.entity, "grain": query.grain}
    told |= {"compare": query.compare, "limit": query.limit}
    told["filters"] = sorted([one.member, one.op, sorted(one.values)] for one in query.filters)
    told["span"] = [query.span.start, query.span.end] if query.span else None
    told["order"] = [query.order.member, query.order.descending] if query.order else None
    return told


def _expected(written: dict[str, Any]) -> dict[str, Any]:
    empty: dict[str, Any] = {"metrics": [], "dimensions": [], "entity": None, "grain": None, "compare": None}
    empty |= {"limit": None, "filters": [], "span": None, "order": None}
    told = {**empty, **written}
    told["filters"] = sorted([member, op, sorted(values)] for member, op, values in told["filters"])
    return told
