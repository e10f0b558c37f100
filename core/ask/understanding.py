"""Who reads a question: the grammar, or a model where it may; and what is done where the two differ."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from core.access.actor import Actor
from core.ask import model_gateway, model_reading
from core.ask.chips import chips
from core.ask.known_values import values_known
from core.ask.model_gateway import UNUSABLE
from core.ask.parsing import read_question
from core.ask.reading import Reading
from core.ask.reply import Option, Outcome, ReadBy, Spent
from core.ask.vocabulary import Vocabulary
from core.config import Settings
from core.errors import InvalidInput, UpstreamFailed
from core.metrics import checks
from core.metrics.query import Query

_OUTCOMES: Final[dict[str, Outcome]] = {
    "answer": "ANSWER",
    "clarify": "CLARIFY",
    "abstain": "ABSTAIN",
    "refuse": "REFUSE",
}


@dataclass(frozen=True)
class Understood:
    """How a question was understood; `text` is what to say where there is no query to run."""

    outcome: Outcome
    text: str = ""
    query: Query | None = None
    read_by: ReadBy | None = None
    spent: Spent | None = None
    assumptions: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Told:
    """What a model made of a question: a query, a refusal, or nothing (both None) and why."""

    query: Query | None
    refused: bool
    why: str
    spent: Spent | None


def understand(
    text: str, words: Vocabulary, actor: Actor, *, now: datetime, previous: Query | None, by: Settings
) -> Understood:
    """Return how a question is understood.

    What the grammar refuses no model is asked, nor what it can read in two ways: that a person decides.
    """
    today = now.date()
    reading = read_question(text, words, today=today, previous=previous)
    grammar = _of_grammar(reading)
    model_first = by.ask == "model" and grammar.outcome != "REFUSE"
    if not by.openai_api_key or not (model_first or grammar.outcome == "ABSTAIN"):
        return grammar
    told = _asked(text, words, actor, today=today, previous=previous, by=by)
    return _joined(grammar, reading.query, told, now)


def _of_grammar(reading: Reading) -> Understood:
    outcome = _OUTCOMES[reading.outcome]
    return Understood(
        outcome=outcome,
        text=reading.question if outcome == "CLARIFY" else reading.reason,
        query=reading.query if outcome == "ANSWER" else None,
        read_by="grammar",
        assumptions=reading.assumptions,
        options=tuple(Option(label, query) for label, query in reading.options),
        unknown=reading.unknown,
    )


def _joined(grammar: Understood, partial: Query | None, told: _Told, now: datetime) -> Understood:
    """Return the model's reading where it agrees with the words, else let the person choose, else the grammar's."""
    if told.refused:
        text = "The model took this for something other than a question about figures, which is all that can be asked."
        return Understood("REFUSE", text, read_by="model", spent=told.spent)
    if told.query is None:
        text = f"{grammar.text} {told.why}".strip() if grammar.outcome == "ABSTAIN" else grammar.text
        return replace(grammar, text=text, spent=told.spent)
    differ = model_reading.contradiction(told.query, partial, now=now) if partial is not None else None
    if differ is None:
        return Understood("ANSWER", query=told.query, read_by="model", spent=told.spent)
    options = [Option(f"As the model reads it: {_words(told.query)}", told.query)]
    if grammar.query is not None:
        options.insert(0, Option(f"As the words say: {_words(grammar.query)}", grammar.query))
    text = f"The model and the words of the question differ in {differ}. Which did you mean?"
    return Understood("CLARIFY", text, read_by="model", spent=told.spent, options=tuple(options))


def _words(query: Query) -> str:
    return ", ".join(chip.label for chip in chips(query))


def _asked(text: str, words: Vocabulary, actor: Actor, *, today: date, previous: Query | None, by: Settings) -> _Told:
    """Ask the model, and where what it said can't be used, the second one once; what both took is counted."""
    ask = model_reading.asking(actor, text, today=today, previous=previous)
    spent, why = None, ""
    for model in dict.fromkeys(name for name in (by.openai_model, by.openai_second_model) if name):
        try:
            told = model_gateway.answer_of(ask, api_key=by.openai_api_key, model=model, base_url=by.openai_base_url)
            spent = _sum(spent, Spent(model, told.tokens_in, told.tokens_out))
            if told.answer.outcome == "refuse":
                return _Told(None, True, "", spent)
            if told.answer.outcome != "answer" or told.answer.not_understood:
                return _Told(None, False, f"{model} could not read it either.", spent)
            query = values_known(model_reading.query_of(told.answer, today=today), words)
            checks.require(actor, query)
            return _Told(query, False, "", spent)
        except InvalidInput as refused:
            why = f"{model} read it as something that can't be asked: {refused.message}"
        except UpstreamFailed as failed:
            why = failed.message
            if failed.code != UNUSABLE:
                break
    return _Told(None, False, why, spent)


def _sum(before: Spent | None, more: Spent) -> Spent:
    if before is None:
        return more
    return Spent(more.model, before.tokens_in + more.tokens_in, before.tokens_out + more.tokens_out)
