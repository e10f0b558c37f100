"""The Ask page: examples, answers with all they stand on, questions back, history, and who may ask."""

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.databases import Databases
from tests.cast import Cast
from tests.pages.conftest import AsPerson, words
from tests.pages.customers_made import make_customers

SEED = [
    "Show me revenue growth last quarter",
    "Which customers are at risk of churning?",
    "What's driving our cost increase?",
]


@pytest.fixture(scope="module", autouse=True)
def customers(databases: Databases, cast: Cast) -> None:
    make_customers(databases, cast, clock.now())


def labels(app: AppTest) -> list[str]:
    return [button.label.replace("\\", "") for button in app.button]


def address(app: AppTest, name: str) -> list[str]:
    """Return the values of a parameter of the address, which AppTest tells as one or as many."""
    found = app.query_params[name]
    return [found] if isinstance(found, str) else list(found)


def codes(app: AppTest) -> list[str]:
    return [code.value for code in app.code]


@pytest.mark.parametrize("name", ["fiona", "adam", "sam", "mia"])
def test_it_offers_examples_to_who_may_ask(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "ask")
    assert not app.exception
    assert app.title[0].value == "Ask"
    assert len([each for each in app.button if str(each.key).startswith("example-")]) >= 3


def test_who_may_not_ask_is_told_so(as_person: AsPerson) -> None:
    vera = as_person("vera", "ask")
    assert "Your role (viewer) may not ask questions" in words(vera)
    assert not vera.text_input
    otto = as_person("otto", "ask")
    assert [title.value for title in otto.title] == ["Your portal"]


@pytest.mark.parametrize("question", SEED)
def test_a_question_in_the_address_is_answered(as_person: AsPerson, question: str) -> None:
    app = as_person("fiona", "ask", q=question)
    assert not app.exception
    assert not app.error
    said = words(app)
    assert "Read by our grammar" in said
    assert any("SELECT" in code for code in codes(app))
    assert app.text_input[0].value == question


def test_typing_a_question_asks_it_and_puts_it_into_the_address(as_person: AsPerson) -> None:
    app = as_person("fiona", "ask")
    app.text_input[0].set_value("MRR by tier")
    app.button(key="FormSubmitter:ask-Ask").click().run()
    assert not app.exception
    assert address(app, "q") == ["MRR by tier"]
    assert "MRR" in words(app)


def test_an_example_asks_itself(as_person: AsPerson) -> None:
    app = as_person("fiona", "ask")
    first = next(each for each in app.button if each.key == "example-0")
    first.click().run()
    assert not app.exception
    assert address(app, "q") == [first.label.replace("\\", "")]
    assert "Read by" in words(app)


def test_a_member_is_told_that_they_may_not_see_money(as_person: AsPerson) -> None:
    app = as_person("mia", "ask", q="What is our MRR?")
    assert "may not see" in words(app)
    assert "$" not in words(app)


def test_a_question_back_is_answered_by_a_button(as_person: AsPerson) -> None:
    app = as_person("fiona", "ask", q="What is our retention?")
    options = [each for each in app.button if str(each.key).startswith("option-")]
    assert len(options) >= 2
    options[0].click().run()
    assert not app.exception
    assert "Read by you" in words(app)


def test_words_not_understood_are_named_with_questions_near_them(as_person: AsPerson) -> None:
    app = as_person("fiona", "ask", q="MRR by flibbertigibbet")
    assert "flibbertigibbet" in words(app)
    assert [each for each in app.button if str(each.key).startswith("near-")]


def test_it_goes_on_from_the_last_answer(as_person: AsPerson) -> None:
    app = as_person("fiona", "ask", q="MRR by tier")
    app.text_input[-1].set_value("only Pro")
    app.button(key="FormSubmitter:follow-up-Go on").click().run()
    assert not app.exception
    assert address(app, "then") == ["only Pro"]
    assert "MRR by tier" in words(app)


def test_a_chip_changes_the_reading(as_person: AsPerson) -> None:
    app = as_person("fiona", "ask", q="MRR by tier")
    number = next(each for each in app.selectbox if each.label == "Number")
    number.select("arr").run()
    assert not app.exception
    assert '"arr"' in address(app, "edit")[0]
    assert "ARR" in words(app)
    assert "Read by you" in words(app)


def test_what_goes_on_goes_on_from_the_changed_reading(as_person: AsPerson) -> None:
    app = as_person("fiona", "ask", q="MRR by tier")
    next(each for each in app.selectbox if each.label == "Number").select("arr").run()
    app.text_input[-1].set_value("only Pro")
    app.button(key="FormSubmitter:follow-up-Go on").click().run()
    assert not app.exception
    assert next(each for each in app.selectbox if each.label == "Number").value == "arr"


def test_a_link_with_a_broken_reading_is_told(as_person: AsPerson) -> None:
    app = as_person("fiona", "ask", q="MRR by tier", edit='{"intent": "nonsense"}')
    assert not app.exception
    assert "can't be understood" in app.error[0].value


def test_what_was_asked_is_kept_for_oneself(as_person: AsPerson) -> None:
    as_person("sam", "ask", q="How many customers do we have?")
    assert "How many customers do we have?" in labels(as_person("sam", "ask"))
    assert "How many customers do we have?" not in labels(as_person("mia", "ask"))


def test_the_words_of_a_question_are_shown_as_they_are(as_person: AsPerson) -> None:
    app = as_person("fiona", "ask", q="![x](http://evil.test/a.png) <b>mrr</b> quux")
    assert not app.exception
    for each in (*app.markdown, *app.caption):
        assert "![x](http" not in each.value
        assert "<b>mrr" not in each.value
