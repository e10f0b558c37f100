"""Shapes of questions and their answers on the wire."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pandas as pd
from pydantic import Field

from api.depends import Answer, Strict
from api.schemas.enterprise import Amount
from core.ask.chart_rule import ChartKind
from core.ask.chips import ChipKind
from core.ask.door import Replay
from core.ask.receipts import plain
from core.ask.reply import Outcome, ReadBy, Reply
from core.ask.words import LONGEST
from core.finance.exchange import REPORTING
from core.metrics.answered import Answered, Column
from core.metrics.query import Query
from core.money import round_half_up

Cell = Amount | str | int | None
ROWS = (
    "Money is {minor, currency}, a count a whole number, days are ISO 8601; shares, ratios, months, minutes and scores "
    "are decimals as text, so that no digit is lost."
)
EXACT = frozenset({"share", "ratio", "months", "minutes", "score"})


class AskQuestion(Strict):
    """A question, or the words that go on from the last one of a conversation."""

    question: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    # JSON has no UUID of its own: here text is taken for one.
    conversation_id: Annotated[UUID, Field(strict=False)] | None = None


class ChipRow(Answer):
    """One part of how the question was read."""

    kind: ChipKind
    label: str
    member: str


class ColumnRow(Answer):
    """One column of the rows; a `key` leads to the row's own page and is not for reading."""

    name: str
    label: str
    unit: str
    role: str


class ChartRow(Answer):
    """What the answer is drawn as: columns for x and y, and the one that splits it."""

    kind: ChartKind
    title: str
    x: str | None
    y: str | None
    series: str | None
    note: str


class DefinitionRow(Answer):
    """What a number means and how it is computed."""

    id: str
    label: str
    definition: str
    formula: str
    policy: str


class OptionRow(Answer):
    """One way to read the question; its label, asked in the same conversation, chooses it."""

    label: str
    query: dict[str, Any]


class AskAnswer(Answer):
    """The reply to a question, in one of four outcomes."""

    outcome: Outcome
    text: str
    query: dict[str, Any] | None = Field(description="How it was read: the closed query over the catalogue.")
    chips: list[ChipRow]
    columns: list[ColumnRow]
    rows: list[dict[str, Cell]] = Field(description=ROWS)
    truncated: bool
    chart: ChartRow | None
    definitions: list[DefinitionRow]
    assumptions: list[str]
    options: list[OptionRow] = Field(description="Of CLARIFY: the ways to read it.")
    unknown: list[str] = Field(description="Of ABSTAIN: the words that were not understood.")
    examples: list[str] = Field(description="Of ABSTAIN: questions near it that can be answered.")
    sql: list[str]
    read_by: ReadBy | None
    model: str | None
    receipt_id: UUID
    conversation_id: UUID
    as_of: datetime
    elapsed_ms: int

    @classmethod
    def of(cls, reply: Reply) -> "AskAnswer":
        """Return the shape of a reply."""
        found = reply.found
        return cls(
            outcome=reply.outcome,
            text=reply.text,
            query=_query(reply.query),
            chips=[ChipRow.model_validate(one) for one in reply.chips],
            columns=_columns(found),
            rows=_rows(found),
            truncated=bool(found and found.truncated),
            chart=ChartRow.model_validate(reply.chart) if reply.chart else None,
            definitions=[DefinitionRow.model_validate(one) for one in found.definitions] if found else [],
            assumptions=list(reply.assumptions),
            options=[OptionRow(label=one.label, query=_query(one.query) or {}) for one in reply.options],
            unknown=list(reply.unknown),
            examples=list(reply.examples),
            sql=list(reply.sql),
            read_by=reply.read_by,
            model=reply.spent.model if reply.spent else None,
            receipt_id=reply.receipt_id,
            conversation_id=reply.conversation_id,
            as_of=reply.as_of,
            elapsed_ms=reply.elapsed_ms,
        )


class ReceiptAnswer(Answer):
    """A receipt asked again: `same` says whether the rows came out as they did; null where there were none."""

    receipt_id: UUID
    conversation_id: UUID
    question: str
    outcome: Outcome
    text: str = Field(description="What was said then.")
    read_by: ReadBy | None
    asked_at: datetime
    as_of: datetime
    query: dict[str, Any] | None
    sql: list[str]
    same: bool | None
    text_now: str
    columns: list[ColumnRow]
    rows: list[dict[str, Cell]] = Field(description=ROWS)

    @classmethod
    def of(cls, again: Replay) -> "ReceiptAnswer":
        """Return the shape of a replay."""
        asked = again.asked
        return cls(
            receipt_id=asked.id,
            conversation_id=asked.conversation_id,
            question=asked.question,
            outcome=asked.outcome,
            text=asked.answer,
            read_by=asked.read_by,
            asked_at=asked.asked_at,
            as_of=asked.as_of,
            query=_query(asked.query),
            sql=list(asked.sql),
            same=again.same,
            text_now=again.text,
            columns=_columns(again.found),
            rows=_rows(again.found),
        )


def _query(query: Query | None) -> dict[str, Any] | None:
    return None if query is None else query.model_dump(mode="json")


def _columns(found: Answered | None) -> list[ColumnRow]:
    return [ColumnRow.model_validate(one) for one in found.columns] if found else []


def _rows(found: Answered | None) -> list[dict[str, Cell]]:
    if found is None:
        return []
    rows: list[dict[Any, Any]] = found.frame.to_dict("records")
    return [{one.name: _cell(row.get(one.name), one) for one in found.columns} for row in rows]


def _cell(value: Any, column: Column) -> Cell:
    if column.unit == "money" and value is not None and not pd.isna(value):
        return Amount(minor=round_half_up(Decimal(str(value))), currency=REPORTING)
    kept = plain(value)
    return str(kept) if isinstance(kept, bool) or (kept is not None and column.unit in EXACT) else kept
