"""The model's reading over HTTP: what is sent, what may come back, and every way in which nothing does."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.access.actor import Actor
from core.access.permissions import ROLE_PERMISSIONS, Role
from core.ask import model_gateway, model_reading
from core.ask.model_gateway import UNUSABLE, Ask
from core.errors import UpstreamFailed
from core.metrics.catalog import METRICS
from core.metrics.query import Filter, Query, Span
from tests.cast import Cast
from tests.core.ask.openai_shapes import flat, published, refusing, response, saying, wrong_with
from tests.loopback import vendor

KEY = "sk-calos-SecretPart-51"
TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PREVIOUS = Query(intent="value", metrics=("mrr",), filters=(Filter(member="customer", op="eq", values=("Globex",)),))


def asked(actor: Actor, question: str = "how is the money doing") -> Ask[Any]:
    return model_reading.asking(actor, question, today=TODAY, previous=PREVIOUS)


def told(actor: Actor, url: str, **named: Any) -> Any:
    return model_gateway.answer_of(asked(actor), api_key=KEY, model="gpt-6-luna", base_url=f"{url}/v1", **named).answer


def test_a_request_is_what_the_api_takes_and_is_not_stored(cast: Cast) -> None:
    with vendor(body=saying(json.dumps(flat()))) as openai:
        told(cast.fiona, openai.url)
    ((method, path, headers),) = openai.asked
    assert (method, path, headers["authorization"]) == ("POST", "/v1/responses", f"Bearer {KEY}")
    sent = json.loads(openai.sent[0])
    assert wrong_with(sent) == []
    assert sent["store"] is False
    assert "temperature" not in sent


def test_the_published_description_was_at_hand() -> None:
    if published() is None:
        pytest.skip("OpenAI's own description lies outside the repository and is absent here (set CALOS_SHARED)")
    for reply in (saying("{}"), refusing(), saying("{", status="incomplete")):
        assert wrong_with(reply, "Response") == []
    assert wrong_with({"model": 7, "max_output_tokens": "many", "reasoning": {"effort": "a bit"}})


def test_no_customer_is_named_and_nothing_of_the_asker_but_a_digest(cast: Cast) -> None:
    ask = asked(cast.fiona)
    words = ask.instructions + ask.question + json.dumps(ask.shape.model_json_schema())
    for name in ("Globex", "fiona", str(cast.fiona.id), str(cast.vendor), KEY):
        assert name not in words
    assert ask.person not in {cast.fiona.id, asked(cast.adam).person}


def test_a_member_sees_only_members_of_the_catalogue_that_they_may_see(cast: Cast) -> None:
    money = {one.id for one in METRICS.values() if one.permission.value == "finance:read"}
    for actor, seen in ((cast.fiona, money), (cast.mia, set[str]())):
        schema = json.dumps(asked(actor).shape.model_json_schema())
        assert {one for one in money if f'"{one}"' in schema} == seen
        assert {one for one in money if f"- {one} (" in asked(actor).instructions} == seen
    assert '"mrr"' not in json.dumps(model_reading.shape_for(ROLE_PERMISSIONS[Role.MEMBER]).model_json_schema())


def test_an_answer_becomes_the_closed_query(cast: Cast) -> None:
    condition = {"member": "tier", "op": "eq", "values": ["pro"]}
    said = flat(
        intent="trend",
        filters=[condition],
        grain="month",
        start="2026-10-01",
        end="2026-12-01",
        span_label="since October",
    )
    with vendor(body=saying(json.dumps(said))) as openai:
        answer = told(cast.fiona, openai.url)
    assert model_reading.query_of(answer, today=TODAY) == Query(
        intent="trend",
        metrics=("mrr",),
        filters=(Filter(member="tier", op="eq", values=("pro",)),),
        span=Span(start=date(2026, 10, 1), end=date(2026, 12, 1), label="since October", partial=True),
        grain="month",
    )


@pytest.mark.parametrize(
    "body",
    [
        saying('{"outcome": "answer"}'),
        saying("SELECT 1"),
        saying(json.dumps(flat(metrics=["secret_number"]))),
        saying(json.dumps(flat(sql="DROP TABLE person"))),
        saying(json.dumps(flat())[:80], status="incomplete"),
        response([]),
    ],
    ids=["a part", "no JSON", "no member", "more than asked", "cut off", "empty"],
)
def test_an_answer_out_of_shape_can_not_be_used(cast: Cast, body: Any) -> None:
    with vendor(body=body) as openai, pytest.raises(UpstreamFailed) as failed:
        told(cast.fiona, openai.url)
    assert failed.value.code == UNUSABLE
    assert failed.value.message.endswith(".")


def test_a_refusal_is_told(cast: Cast) -> None:
    with vendor(body=refusing()) as openai, pytest.raises(UpstreamFailed, match="refused") as failed:
        told(cast.fiona, openai.url)
    assert failed.value.code == "model_refused"


@pytest.mark.parametrize(("status", "said"), [(429, "no more questions"), (500, "answered 500"), (401, "answered 401")])
def test_a_server_that_fails_is_told_and_asked_at_most_twice(cast: Cast, status: int, said: str) -> None:
    with vendor(status, {"error": {"message": KEY}}) as openai, pytest.raises(UpstreamFailed, match=said) as failed:
        told(cast.fiona, openai.url)
    assert len(openai.asked) == (1 if status == 401 else 2)
    assert KEY not in failed.value.message


@pytest.mark.parametrize("body", [b"<html>proxy</html>", b"", b"[]", {"object": "response"}])
def test_what_is_no_response_is_told(cast: Cast, body: Any) -> None:
    with vendor(200, body) as openai, pytest.raises(UpstreamFailed):
        told(cast.fiona, openai.url)


def test_a_slow_model_is_not_waited_for(cast: Cast) -> None:
    slow = vendor(body=saying(json.dumps(flat())), delay=2)
    with slow as openai, pytest.raises(UpstreamFailed, match=r"within 0\.2 s"):
        told(cast.fiona, openai.url, timeout=0.2)


def test_a_model_that_is_not_there_is_told(cast: Cast) -> None:
    with vendor() as openai:
        gone = openai.url
    with pytest.raises(UpstreamFailed, match="can't be reached"):
        told(cast.fiona, gone)


@pytest.mark.parametrize(
    "changed",
    [{"start": "soon", "end": "2026-11-01"}, {"start": "2026-11-01", "end": "2026-10-01"}, {"limit": -1}],
)
def test_parts_that_make_no_query_can_not_be_used(cast: Cast, changed: dict[str, Any]) -> None:
    answer = asked(cast.fiona).shape.model_validate(flat(**changed))
    with pytest.raises(UpstreamFailed) as failed:
        model_reading.query_of(answer, today=TODAY)
    assert failed.value.code == UNUSABLE


TIER = Filter(member="tier", op="eq", values=("pro",))


@pytest.mark.parametrize(
    ("grammar", "model", "differ"),
    [
        (Query(intent="value", metrics=("mrr",)), Query(intent="trend", metrics=("mrr",)), None),
        (Query(intent="value", metrics=("mrr",)), Query(intent="value", metrics=("arr",)), "which number is meant"),
        (
            Query(intent="value", metrics=("mrr",), filters=(TIER,)),
            Query(intent="value", metrics=("mrr",)),
            "what it is narrowed to",
        ),
        (
            Query(intent="breakdown", metrics=("mrr",), dimensions=("tier",)),
            Query(intent="value", metrics=("mrr",)),
            "what it is split by",
        ),
        (
            Query(
                intent="value",
                metrics=("mrr",),
                span=Span(start=date(2026, 10, 1), end=date(2026, 11, 1), label="last month"),
            ),
            Query(intent="value", metrics=("mrr",)),
            "which time is meant",
        ),
    ],
)
def test_what_the_words_say_and_the_model_lost_is_found(grammar: Query, model: Query, differ: str | None) -> None:
    assert model_reading.contradiction(model, grammar, now=NOW) == differ
