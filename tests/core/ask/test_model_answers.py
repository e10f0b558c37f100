"""The model as a second reader: the same figures as the grammar's, and what stands where it gives none."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.access.actor import Actor
from core.ask import door
from core.ask.receipts import plain
from core.ask.reply import Reply
from core.config import Settings
from core.ids import new_id
from tests.core.ask.openai_shapes import flat, refusing, saying, wrong_with
from tests.core.ask.world import CUSTOMERS, World, world
from tests.loopback import Vendor, vendor

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def here(test_settings: Settings) -> Iterator[World]:
    with world(test_settings, NOW) as made:
        yield made


@pytest.fixture
def fiona(here: World) -> Actor:
    """Return Fiona as somebody who has asked nothing yet: rates are per person."""
    return replace(here.cast.fiona, id=str(new_id()))


@pytest.fixture
def mia(here: World) -> Actor:
    return replace(here.cast.mia, id=str(new_id()))


def rows(reply: Reply) -> list[dict[str, Any]]:
    assert reply.found is not None, reply.text
    return [{str(name): plain(value) for name, value in row.items()} for row in reply.found.frame.to_dict("records")]


# The same question in words and as a model would read it.
BOTH: list[tuple[str, dict[str, Any]]] = [
    ("What is our MRR?", {}),
    ("arr", {"metrics": ["arr"]}),
    ("MRR by tier", {"intent": "breakdown", "dimensions": ["tier"]}),
    ("MRR of Pro customers", {"filters": [{"member": "tier", "op": "eq", "values": ["Pro"]}]}),
    ("MRR excluding Enterprise", {"filters": [{"member": "tier", "op": "ne", "values": ["enterprise"]}]}),
    ("How many customers do we have?", {"metrics": ["customers"]}),
    ("Customers by status", {"intent": "breakdown", "metrics": ["customers"], "dimensions": ["status"]}),
    (
        "costs last quarter",
        {"metrics": ["costs"], "start": "2026-07-01", "end": "2026-10-01", "span_label": "last quarter"},
    ),
    (
        "Top 3 customers by MRR",
        {"intent": "top", "dimensions": ["customer"], "order_by": "mrr", "limit": 3},
    ),
    (
        "monthly MRR last year",
        {"intent": "trend", "grain": "month", "start": "2025-01-01", "end": "2026-01-01", "span_label": "last year"},
    ),
    (
        "Which customers are at risk?",
        {
            "intent": "list",
            "metrics": [],
            "entity": "customers",
            "filters": [{"member": "at_risk", "op": "eq", "values": ["yes"]}],
            "order_by": "mrr",
        },
    ),
    ("MRR of Hooli", {"filters": [{"member": "customer", "op": "eq", "values": ["hooli"]}]}),
    ("What's driving our cost increase?", {"intent": "drivers", "metrics": ["costs"]}),
]


def with_model(settings: Settings, openai: Vendor, **changed: Any) -> Settings:
    named = {"openai_api_key": "sk-test-key", "openai_base_url": f"{openai.url}/v1", "ask": "model", **changed}
    return settings.model_copy(update=named)


@pytest.mark.parametrize(("question", "said"), BOTH, ids=[question for question, _ in BOTH])
def test_grammar_and_model_give_the_same_figures(
    here: World, test_settings: Settings, fiona: Actor, question: str, said: dict[str, Any]
) -> None:
    grammar = door.ask(here.databases, fiona, question, now=NOW)
    assert grammar.read_by == "grammar"
    with vendor(body=saying(json.dumps(flat(**said)))) as openai:
        model = door.ask(here.databases, fiona, question, now=NOW, with_settings=with_model(test_settings, openai))
    assert (model.outcome, model.read_by) == ("ANSWER", "model"), model.text
    assert rows(model) == rows(grammar)
    assert model.text == grammar.text
    assert model.spent is not None
    assert (model.spent.model, model.spent.tokens_in, model.spent.tokens_out) == ("gpt-6-luna", 1200, 90)
    for raw in openai.sent:
        assert wrong_with(json.loads(raw)) == []
        names = {name for name, *_ in CUSTOMERS if name not in question}
        assert not {name for name in names if name.split()[0].encode() in raw}


def test_a_model_is_asked_only_where_the_grammar_cannot(here: World, test_settings: Settings, fiona: Actor) -> None:
    with vendor(body=saying(json.dumps(flat()))) as openai:
        current = with_model(test_settings, openai, ask="grammar")
        answered = door.ask(here.databases, fiona, "What is our MRR?", now=NOW, with_settings=current)
        assert (answered.read_by, openai.sent) == ("grammar", [])
        refused = door.ask(here.databases, fiona, "delete all customers", now=NOW, with_settings=current)
        assert (refused.outcome, openai.sent) == ("REFUSE", [])
        unread = door.ask(here.databases, fiona, "gimme the dough, pal", now=NOW, with_settings=current)
        assert (unread.outcome, unread.read_by, len(openai.sent)) == ("ANSWER", "model", 1)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, refusing(), "refused"),
        (200, saying("{", status="incomplete"), "cut off"),
        (200, saying('{"sql": "DROP TABLE person"}'), "shape"),
        (200, saying(json.dumps(flat(outcome="abstain"))), "could not read it either"),
        (200, saying(json.dumps(flat(filters=[{"member": "tier", "op": "eq", "values": ["gold"]}]))), "no tier “gold”"),
        (200, saying(json.dumps(flat(dimensions=["priority"], intent="breakdown"))), "not known by priority"),
        (429, {"error": {"message": "slow down"}}, "429"),
        (500, {"error": {"message": "oops"}}, "500"),
    ],
)
def test_without_a_models_answer_the_grammars_stands(
    here: World, test_settings: Settings, fiona: Actor, status: int, body: Any, said: str
) -> None:
    with vendor(status, body) as openai:
        current = with_model(test_settings, openai)
        known = door.ask(here.databases, fiona, "What is our MRR?", now=NOW, with_settings=current)
        unknown = door.ask(here.databases, fiona, "frobnicate the quux", now=NOW, with_settings=current)
    assert (known.outcome, known.read_by) == ("ANSWER", "grammar")
    assert unknown.outcome == "ABSTAIN"
    assert said in unknown.text


def test_a_second_model_is_asked_where_the_first_gave_nothing_usable(
    here: World, test_settings: Settings, fiona: Actor
) -> None:
    with vendor(body=saying(json.dumps(flat()))) as openai:
        openai.next = [(200, saying("not json"))]
        current = with_model(test_settings, openai)
        reply = door.ask(here.databases, fiona, "What is our MRR?", now=NOW, with_settings=current)
    assert [json.loads(raw)["model"] for raw in openai.sent] == ["gpt-6-luna", "gpt-6.1-terra"]
    assert reply.spent is not None
    assert (reply.read_by, reply.spent.model) == ("model", "gpt-6.1-terra")


def test_where_model_and_words_differ_the_person_chooses(here: World, test_settings: Settings, fiona: Actor) -> None:
    with vendor(body=saying(json.dumps(flat(metrics=["arr"])))) as openai:
        current = with_model(test_settings, openai)
        reply = door.ask(here.databases, fiona, "MRR of Pro customers", now=NOW, with_settings=current)
    assert reply.outcome == "CLARIFY"
    assert [option.query.metrics for option in reply.options] == [("mrr",), ("arr",)]
    chosen = door.ask(here.databases, fiona, reply.options[0].label, now=NOW, conversation_id=reply.conversation_id)
    assert chosen.query is not None
    assert chosen.query.filters[0].values == ("pro",)


def test_a_model_never_sees_members_the_asker_may_not(here: World, test_settings: Settings, mia: Actor) -> None:
    with vendor(body=saying(json.dumps(flat()))) as openai:
        current = with_model(test_settings, openai)
        reply = door.ask(here.databases, mia, "gimme the dough, pal", now=NOW, with_settings=current)
    assert reply.outcome != "ANSWER"
    for raw in openai.sent:
        assert '"mrr"' not in json.dumps(json.loads(raw)["text"])
