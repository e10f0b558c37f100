"""The verified questions are read as they must be, and what is read can be asked of the catalogue."""

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.access.actor import Actor, ActorKind
from core.access.permissions import ROLE_PERMISSIONS, Role
from core.ask.examples import examples
from core.ask.lexicon import ROLES
from core.ask.parsing import read_question
from core.ask.vocabulary import Vocabulary
from core.ids import new_id
from core.metrics.catalog import METRICS
from core.metrics.checks import require
from tests.core.ask.asked import HELD_OUT, TODAY, TUNED, Question, questions, read, verdict, words_for

QUESTIONS = questions(TUNED)
KEPT_BACK = questions(HELD_OUT)
LEAST_PRECISION = 0.97
SEED = (
    "Show me revenue growth last quarter",
    "Which customers are at risk of churning?",
    "What's driving our cost increase?",
)


@cache
def words(person: str) -> Vocabulary:
    return words_for(person)


def owner() -> Actor:
    return Actor(ActorKind.USER, "1", "fiona", new_id(), "vendor", ROLE_PERMISSIONS[Role.OWNER], role="owner")


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.text)
def test_a_verified_question_is_read_right(question: Question) -> None:
    reading = read(question, words(question.by))
    assert verdict(question, reading) == "right", reading


def test_answers_are_right_and_none_is_unsafe() -> None:
    scored = [verdict(one, read(one, words(one.by))) for one in (*QUESTIONS, *KEPT_BACK)]
    answered = [one for one in scored if one in {"right", "wrong", "unsafe"}]
    assert "unsafe" not in scored
    assert scored.count("wrong") <= (1 - LEAST_PRECISION) * len(answered)


def test_there_are_enough_questions_of_each_kind() -> None:
    outcomes = [one.outcome for one in (*QUESTIONS, *KEPT_BACK)]
    assert len(outcomes) >= 120
    assert 2 * len(KEPT_BACK) >= 0.6 * len(QUESTIONS)
    assert all(outcomes.count(each) >= 10 for each in ("answer", "clarify", "abstain", "refuse"))
    assert {one.text for one in QUESTIONS if one.outcome == "answer"} >= set(SEED)


@pytest.mark.parametrize("question", [*QUESTIONS, *KEPT_BACK], ids=lambda one: one.text)
def test_whatever_is_answered_or_offered_can_be_asked_of_the_catalogue(question: Question) -> None:
    reading = read(question, words("fiona"))
    if reading.outcome == "answer":
        assert reading.query is not None
        require(owner(), reading.query)
    for _, query in reading.options:
        require(owner(), query)
    if reading.outcome == "clarify":
        assert reading.question
    if reading.outcome in {"abstain", "refuse"}:
        assert reading.reason


@pytest.mark.parametrize("metric_id", METRICS)
def test_every_metric_is_found_by_its_label_and_refused_without_its_permission(metric_id: str) -> None:
    one = METRICS[metric_id]
    found = read_question(f"How much is {one.label}?", words("fiona"), today=TODAY)
    assert found.outcome == "answer"
    assert found.query is not None
    # What needs attention is listed by name rather than counted.
    assert found.query.metrics == (metric_id,) or found.query.entity in {"customers", "upsells"}
    blind = replace(words("fiona"), permissions=words("fiona").permissions - {one.permission}, role="member")
    told = read_question(f"{one.label} by country", blind, today=TODAY)
    assert told.outcome in {"refuse", "abstain"}
    if "country" in one.dimensions:
        assert "may not see" in told.reason


@pytest.mark.parametrize("person", ["fiona", "mia", "vera"])
def test_every_example_is_answered_to_whom_it_is_shown(person: str) -> None:
    shown = examples(words(person))
    assert 5 <= len(shown) <= 8
    for text in shown:
        assert read_question(text, words(person), today=TODAY).outcome == "answer", text
    assert ("MRR by tier" in shown) == (person == "fiona")


def test_a_typing_error_is_said() -> None:
    found = read_question("Which custmers are at risk?", words("fiona"), today=TODAY)
    assert "“custmers” is read as “customers”." in found.assumptions


def test_english_words_are_no_typing_errors() -> None:
    for text in ("tree by tier", "MRR by coast", "predict churn", "weak MRR", "moth"):
        assert read_question(text, words("fiona"), today=TODAY).outcome == "abstain", text


def test_a_word_that_is_not_understood_is_named_and_what_was_understood_is_kept() -> None:
    found = read_question("MRR by tier and mood", words("fiona"), today=TODAY)
    assert (found.outcome, found.unknown) == ("abstain", ("mood",))
    assert found.query is not None
    assert (found.query.metrics, found.query.dimensions) == (("mrr",), ("tier",))


def test_invisible_characters_change_nothing() -> None:
    plain = read_question("MRR by tier", words("fiona"), today=TODAY)
    assert read_question("M\u200bRR\u00a0by\u2028tier\u202e", words("fiona"), today=TODAY) == plain
    assert read_question("ＭＲＲ by tier", words("fiona"), today=TODAY) == plain


def test_a_long_question_is_not_read() -> None:
    assert read_question("MRR " * 200, words("fiona"), today=TODAY).outcome == "abstain"


def test_a_customer_that_the_asker_does_not_see_is_not_known() -> None:
    blind = replace(words("fiona"), terms={k: v for k, v in words("fiona").terms.items() if k != ("globex",)})
    blind = replace(blind, customers=(), names={})
    found = read_question("MRR of Globex", blind, today=TODAY)
    assert (found.outcome, found.unknown) == ("abstain", ("globex",))
    assert "Globex" not in found.question + "".join(label for label, _ in found.options)


_SAID = [phrase for phrases in ROLES.values() for phrase in phrases]
_PARTS = st.one_of(
    st.sampled_from(_SAID),
    st.sampled_from([alias for one in METRICS.values() for alias in (one.label, *one.aliases)]),
    st.sampled_from(
        ["Germany", "Pro", "Apex", "Globex", "last 3 months", "Q3 2025", "vs", "5", "80%", "$2k", "€1", "by"]
    ),
    st.text(max_size=12),
)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(_PARTS, max_size=9),
    st.sampled_from([None, "MRR by tier", "Pro customers in Germany", "why did costs rise"]),
)
def test_nothing_that_is_said_breaks_the_reading(parts: list[str], before: str | None) -> None:
    previous = read_question(before, words("fiona"), today=TODAY).query if before else None
    found = read_question(" ".join(parts), words("fiona"), today=TODAY, previous=previous)
    assert (found.outcome == "answer") <= (found.query is not None)
    if found.outcome == "answer" and found.query is not None:
        require(owner(), found.query)
