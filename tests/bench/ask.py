"""How well questions are read without a model, and how quickly: `python -m tests.bench.ask [--execute]`.

Scores the verified questions of tests/core/ask: those that the grammar was tuned on, and those held out. With
`--execute` what is read is run against a small world as well, beside what should have been read.
"""

import argparse
import os
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.ask.parsing import Reading, read_question
from core.ask.vocabulary import Vocabulary
from core.errors import CalosError
from core.metrics.answered import Answered
from core.metrics.answering import answer
from core.metrics.query import Filter, Order, Query, Span
from db import embedded
from db.session import SYSTEM
from tests.conftest import HOME, SERVER
from tests.core.ask.asked import HELD_OUT, TODAY, TUNED, Question, questions, read, verdict, words_for
from tests.core.ask.world import World, world

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
POINTS = {"right": 1, "asked back": 0, "no answer": 0, "wrong": -2, "unsafe": -10}
_TRIVIAL = re.compile(r"\w+")


@dataclass(frozen=True)
class Scored:
    """One question with how it was read and what that is worth."""

    question: Question
    reading: Reading
    verdict: str


def scored(path: Path, words: dict[str, Vocabulary]) -> list[Scored]:
    """Read every question of a file."""
    made = []
    for question in questions(path):
        reading = read(question, words[question.by])
        made.append(Scored(question, reading, verdict(question, reading)))
    return made


def told(name: str, found: list[Scored]) -> str:
    """Return the scores of a set as lines."""
    counts = Counter(one.verdict for one in found)
    answerable = [one for one in found if one.question.outcome == "answer"]
    right = sum(one.verdict == "right" for one in answerable)
    answered = sum(one.reading.outcome == "answer" for one in found)
    wrong = counts["wrong"] + counts["unsafe"]
    points = sum(POINTS[one.verdict] for one in found)
    return "\n".join(
        (
            f"{name}: {len(found)} questions, {len(answerable)} of them with an answer",
            f"  read as they must be     {_share(counts['right'], len(found))}",
            f"  coverage                 {_share(right, len(answerable))} of those with an answer are answered right",
            f"  precision of answers     {_share(answered - wrong, answered)}",
            f"  wrong answers            {_share(wrong, len(found))}, unsafe {counts['unsafe']}",
            f"  points                   {points} of {len(found)} (+1 right, 0 no answer, −2 wrong, −10 unsafe)",
            *(f"  {one.verdict}: {one.question.text}" for one in found if one.verdict != "right"),
        )
    )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:6.1%} ({part} of {whole})" if whole else "none"


def speed(words: Vocabulary, texts: list[str], rounds: int) -> str:
    """Return what reading takes beside splitting the same text at its words, in the same run."""

    def reading(text: str) -> object:
        return read_question(text, words, today=TODAY)

    ours, trivial = (_timed(work, texts, rounds) for work in (reading, _TRIVIAL.findall))
    ratio = ours[1] / trivial[1]
    return (
        f"reading a question: p50 {ours[0]:.2f} ms, p95 {ours[1]:.2f} ms; "
        f"splitting it at its words: p95 {trivial[1]:.4f} ms (ratio {ratio:,.0f})"
    )


def _timed(work: Callable[[str], object], texts: list[str], rounds: int) -> tuple[float, float]:
    took = []
    for _ in range(rounds):
        for text in texts:
            began = time.perf_counter()
            work(text)
            took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took), statistics.quantiles(took, n=20)[-1]


@contextmanager
def _small_world() -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="calos-bench-", dir="/var/tmp") as folder:
        home = Path(folder)
        try:
            os.environ[HOME], os.environ[SERVER] = folder, embedded.start(home, fast_unsafe=True).url
            from tests.conftest import _make_template, _test_settings  # the same databases as the tests'

            _make_template()
            with world(_test_settings(), NOW) as made:
                yield made
        finally:
            embedded.stop(home)


def executed(found: list[Scored], made: World) -> str:
    """Return how many answers give the rows of the query that should have been read."""
    same, ran = 0, 0
    failed: list[str] = []
    for one in found:
        if one.question.query is None or one.reading.query is None or one.reading.outcome != "answer":
            continue
        try:
            got = _rows(made, one.reading.query)
        except (CalosError, LookupError) as refused:
            failed.append(f"  {one.question.text}: {refused}")
            continue
        ran += 1
        same += got == _rows(made, _query(one.question.query))
    answerable = sum(one.question.query is not None for one in found)
    return "\n".join((f"  executed alike           {_share(same, answerable)}; {ran} ran", *failed))


def _rows(made: World, query: Query) -> object:
    with made.databases.control.read(SYSTEM) as control, made.databases.telemetry.read(SYSTEM) as telemetry:
        found: Answered = answer(control, telemetry, made.cast.fiona, query, now=NOW)
    return found.frame.astype(str).to_dict("records")


def _query(told: dict[str, object]) -> Query:
    """Return an expected query as one that can be run."""
    made = {name: value for name, value in told.items() if name not in {"filters", "span", "order"}}
    filters = [Filter(member=member, op=op, values=tuple(values)) for member, op, values in told["filters"]]  # type: ignore[attr-defined]  # lists of the file
    order = Order(member=told["order"][0], descending=told["order"][1]) if told["order"] else None  # type: ignore[index]  # likewise
    span = Span(start=told["span"][0], end=told["span"][1], label="as expected") if told["span"] else None  # type: ignore[index]  # likewise
    return Query.model_validate({**made, "filters": tuple(filters), "order": order, "span": span})


def main() -> None:
    """Score both sets, time the reading, and run what was read where asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=10)
    asked.add_argument("--execute", action="store_true", help="run what is read against a small world")
    given = asked.parse_args()
    words = {person: words_for(person) for person in ("fiona", "mia", "vera")}
    sets = {"tuned on": scored(TUNED, words), "held out": scored(HELD_OUT, words)}
    for name, found in sets.items():
        sys.stdout.write(told(name, found) + "\n")
    if given.execute:
        with _small_world() as made:
            for name, found in sets.items():
                sys.stdout.write(f"{name}:\n{executed(found, made)}\n")
    texts = [one.question.text for found in sets.values() for one in found]
    sys.stdout.write(speed(words["fiona"], texts, given.rounds) + "\n")


if __name__ == "__main__":
    main()
