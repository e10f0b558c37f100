"""Shapes of usage and limits on the wire. Bytes and seconds are whole numbers; a null limit is none."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.depends import Answer, Day, Strict
from core.usage.consumption import Consumption
from core.usage.histories import History
from core.usage.limits import Limit, Override
from core.usage.meters import METERS, REPORTED
from core.usage.reports import LONGEST_ID, MOST_AMOUNT
from core.usage.writes import HIGHEST, LONGEST_REASON

Source = Literal["tier", "seats", "override", "none"]
MeterId = Annotated[str, Field(min_length=1, max_length=80)]

RECORD_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "meter", "amount", "ts"],
    "properties": {
        "id": {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_ID,
            "description": "Made by the install: the same id on the same UTC day counts once.",
        },
        "meter": {"type": "string", "enum": list(REPORTED)},
        "amount": {
            "type": "integer",
            "minimum": 0,
            "maximum": MOST_AMOUNT,
            "description": "What was used since the last report; of storage, members and projects what there is.",
        },
        "ts": {"type": "string", "format": "date-time", "description": "RFC 3339, with its zone."},
    },
}


class UsageReport(Strict):
    """A batch of records; each is taken or refused by its index."""

    install_id: Annotated[str, Field(min_length=1, max_length=80, description="The secret's own, if given.")] | None = (
        None
    )
    # Any JSON may stand here: what is no record is refused by its index, and the rest is taken.
    records: Annotated[
        list[Any],
        Field(json_schema_extra={"items": {"anyOf": [RECORD_SCHEMA, {}]}, "maxItems": 1_000}),
    ]


class SetLimit(Strict):
    """A limit agreed with one license, in force at once."""

    install_id: Annotated[str, Field(min_length=1, max_length=80)]
    meter: MeterId
    limit: Annotated[int, Field(ge=0, le=HIGHEST)] | None = Field(description="Null is unlimited.")
    ends_on: Annotated[Day, Field(strict=False)] | None = Field(
        None, description="The last UTC day on which it holds; without one until it is ended."
    )
    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


class EndLimit(Strict):
    """Which agreed limit is over, and why."""

    install_id: Annotated[str, Field(min_length=1, max_length=80)]
    meter: MeterId
    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


class Days(Answer):
    """Days until a limit is reached: one, five and nine of ten simulated futures have reached it by then.

    Null lies beyond the 180 days looked at.
    """

    p10: int | None
    p50: int | None
    p90: int | None


class GaugeAnswer(Answer):
    """One meter: `used` in the window that is running, `busy` on a busy day (one of ten), whose share this is."""

    meter: str
    label: str
    unit: str
    window: str
    used: int | None
    busy: int | None
    limit: int | None = Field(description="Null: unlimited, or with limitSource none that nothing limits it.")
    limit_source: Source
    share: float | None = Field(description="The busy day's fraction of the limit.")
    days_to_limit: Days | None
    change: float | None = Field(description="28 whole days over the 28 before, as a fraction.")
    spike: bool = Field(description="One day made most of what lay near the limit: an incident, no trend.")
    reason: str | None = Field(description="Why a number is missing.")

    @classmethod
    def of(cls, found: Consumption) -> "GaugeAnswer":
        """Return the shape of one meter's consumption."""
        meter, spread = METERS[found.meter], found.days_to_limit
        return cls(
            meter=meter.id,
            label=meter.label,
            unit=meter.unit,
            window=meter.window,
            used=found.current,
            busy=found.busy,
            limit=found.highest,
            limit_source=found.source,
            share=found.share,
            days_to_limit=None if spread is None else Days.model_validate(spread),
            change=found.change,
            spike=found.spike,
            reason=found.reason,
        )


class UsageAnswer(Answer):
    """Every meter of one install."""

    install_id: str
    as_of: datetime
    meters: list[GaugeAnswer]


class PointAnswer(Answer):
    """What was used at a time: of the day, hour or minute that begins then, since its month began, or the level."""

    at: datetime
    used: int


class AheadAnswer(Answer):
    """A day to come: one, five and nine of ten simulated futures stay below these."""

    at: datetime
    p10: int
    p50: int
    p90: int


class HistoryAnswer(Answer):
    """One meter over time; the last point is not over yet."""

    install_id: str
    meter: str
    unit: str
    limit: int | None
    limit_source: Source
    points: list[PointAnswer]
    forecast: list[AheadAnswer]
    days_to_limit: Days | None
    reason: str | None

    @classmethod
    def of(cls, install_id: str, found: History) -> "HistoryAnswer":
        """Return the shape of a history."""
        return cls(
            install_id=install_id,
            meter=found.meter,
            unit=METERS[found.meter].unit,
            limit=found.limit.highest,
            limit_source=found.limit.source,
            points=[PointAnswer(at=at, used=used) for at, used in found.points],
            forecast=[AheadAnswer(at=one.at, p10=one.low, p50=one.middle, p90=one.high) for one in found.ahead],
            days_to_limit=None if found.days_to_limit is None else Days.model_validate(found.days_to_limit),
            reason=found.reason,
        )


class LimitAnswer(Answer):
    """A limit in force and where it comes from."""

    meter: str
    label: str
    unit: str
    window: str
    limit: int | None
    source: Source
    ends_at: datetime | None

    @classmethod
    def of(cls, found: Limit) -> "LimitAnswer":
        """Return the shape of a limit."""
        meter = METERS[found.meter]
        return cls(
            meter=meter.id,
            label=meter.label,
            unit=meter.unit,
            window=meter.window,
            limit=found.highest,
            source=found.source,
            ends_at=found.ends_at,
        )


class OverrideAnswer(Answer):
    """A limit agreed with one license; `reason` and `by` are for the vendor's people."""

    id: UUID
    install_id: str
    meter: str
    limit: int | None
    starts_at: datetime
    ends_at: datetime | None
    reason: str
    by: str

    @classmethod
    def of(cls, found: Override) -> "OverrideAnswer":
        """Return the shape of an override."""
        copied = ("id", "install_id", "meter", "starts_at", "ends_at", "reason", "by")
        return cls(limit=found.highest, **{name: getattr(found, name) for name in copied})


class LimitsAnswer(Answer):
    """The limits in force for one install, and those agreed with it alone."""

    install_id: str
    limits: list[LimitAnswer]
    overrides: list[OverrideAnswer]
