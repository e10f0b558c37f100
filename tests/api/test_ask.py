"""Questions over HTTP: the four outcomes, money in minor units, conversations, receipts, and what is turned away."""

from typing import Any

import pytest

from core.ids import new_id
from tests.api.conftest import Served

PATH = "/api/ai/query"


def ask(served: Served, question: Any, who: str = "fiona", **rest: Any) -> Any:
    return served.call(who, "POST", PATH, {"question": question, **rest})


def test_an_answer_holds_all_that_it_stands_on(served: Served) -> None:
    answer = ask(served, "MRR by tier")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert set(body) == {
        *("outcome", "text", "query", "chips", "columns", "rows", "truncated", "chart", "definitions", "assumptions"),
        *(
            "options",
            "unknown",
            "examples",
            "sql",
            "readBy",
            "model",
            "receiptId",
            "conversationId",
            "asOf",
            "elapsedMs",
        ),
    }
    assert (body["outcome"], body["readBy"], body["model"]) == ("ANSWER", "grammar", None)
    assert body["query"]["metrics"] == ["mrr"]
    assert [chip["kind"] for chip in body["chips"]] == ["metric", "dimension", "time"]
    assert body["definitions"][0]["formula"]
    assert "SELECT" in body["sql"][0]
    assert body["elapsedMs"] >= 0


def test_money_is_in_whole_minor_units(served: Served) -> None:
    body = ask(served, "What is our MRR?").json()
    ((cell,),) = (row.values() for row in body["rows"])
    assert set(cell) == {"minor", "currency"}
    assert isinstance(cell["minor"], int)
    assert body["columns"] == [{"name": "mrr", "label": "MRR", "unit": "money", "role": "metric"}]


@pytest.mark.parametrize(
    ("question", "outcome"),
    [("What is our retention?", "CLARIFY"), ("frobnicate the quux", "ABSTAIN"), ("delete all customers", "REFUSE")],
)
def test_every_outcome_is_an_answer_of_its_own(served: Served, question: str, outcome: str) -> None:
    answer = ask(served, question)
    assert (answer.status_code, answer.json()["outcome"]) == (200, outcome)
    assert answer.json()["text"]
    assert bool(answer.json()["options"]) == (outcome == "CLARIFY")


def test_who_may_not_see_money_is_told_so(served: Served) -> None:
    body = ask(served, "What is our MRR?", "mia").json()
    assert (body["outcome"], body["rows"]) == ("REFUSE", [])
    assert "may not see" in body["text"]


def test_a_conversation_goes_on_and_is_ones_own(served: Served) -> None:
    first = ask(served, "MRR by tier").json()
    then = ask(served, "only Pro", conversationId=first["conversationId"]).json()
    assert then["query"]["filters"] == [{"member": "tier", "op": "eq", "values": ["pro"]}]
    theirs = ask(served, "only Pro", "adam", conversationId=first["conversationId"])
    assert (theirs.status_code, theirs.json()["code"]) == (404, "not_found")


def test_a_receipt_asks_again(served: Served) -> None:
    asked = ask(served, "MRR by tier").json()
    again = served.call("fiona", "GET", f"{PATH}/{asked['receiptId']}").json()
    assert (again["same"], again["textNow"], again["rows"]) == (True, asked["text"], asked["rows"])
    assert again["query"] == asked["query"]
    for receipt in (asked["receiptId"], str(new_id())):
        answer = served.call("adam", "GET", f"{PATH}/{receipt}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("question", ["", "   ", "x" * 501, 7, None])
def test_what_is_no_question_is_refused(served: Served, question: Any) -> None:
    answer = ask(served, question)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), answer.text


@pytest.mark.parametrize("conversation", ["", "nonsense", "-" * 36])
def test_what_is_no_conversation_is_refused(served: Served, conversation: str) -> None:
    assert ask(served, "mrr", conversationId=conversation).status_code == 422


def test_a_retried_question_gets_the_first_answer_again(served: Served) -> None:
    key = str(new_id())
    first, again = (
        served.call("fiona", "POST", PATH, {"question": "mrr"}, **{"Idempotency-Key": key}) for _ in range(2)
    )
    assert first.json() == again.json()
    other = served.call("fiona", "POST", PATH, {"question": "arr"}, **{"Idempotency-Key": key})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
