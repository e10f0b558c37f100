"""The mapping: which columns of which files become which fields of ours, as closed models read from YAML."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.alias_generators import to_camel

from core.errors import InvalidInput
from core.imports.date_formats import format_of
from core.imports.located import Located
from core.money import Money

DETECT: Final = "detect"
# The fields that are dates, in whichever entity they stand.
DATES: Final = frozenset({"signed_up", "starts", "ends", "day", "submitted", "closed"})
MOST_PROBLEMS: Final = 5


class Closed(BaseModel):
    """A part of a mapping: keys in camelCase, none beside those it knows."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class Binding(Closed):
    """Where a field comes from: a column, its words replaced by `values`, or a constant.

    `date` is how its dates are written, one way or several, or `detect`; `default` stands in for empty cells; `source`
    names the source that an id refers to, where several hold such rows.
    """

    column: str | None = None
    constant: str | None = None
    values: dict[str, str] = {}
    date: tuple[str, ...] | None = None
    default: str | None = None
    source: str | None = None

    @field_validator("date", mode="before")
    @classmethod
    def _one_or_more(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _column_or_constant(self) -> "Binding":
        if (self.column is None) == (self.constant is None):
            raise ValueError("give it either a column or a constant")
        return self


def _binding(given: Any) -> Any:
    return {"column": given} if isinstance(given, str) else given


Bound = Annotated[Binding, BeforeValidator(_binding)]
Maybe = Annotated[Binding | None, BeforeValidator(_binding)]


class CustomerFields(Closed):
    """A company that became a customer on a day."""

    id: Bound
    name: Bound
    signed_up: Bound
    tier: Maybe = None
    seats: Maybe = None
    country: Maybe = None
    segment: Maybe = None
    email: Maybe = None
    churned: Maybe = None


class SubscriptionFields(Closed):
    """A priced agreement: `mrr` is what it is worth a month, `amount` what it costs a billing period."""

    id: Bound
    customer: Bound
    tier: Bound
    starts: Bound
    ends: Maybe = None
    mrr: Maybe = None
    amount: Maybe = None
    seats: Maybe = None
    billing: Maybe = None
    trial: Maybe = None
    churned: Maybe = None

    @model_validator(mode="after")
    def _one_price(self) -> "SubscriptionFields":
        if (self.mrr is None) == (self.amount is None):
            raise ValueError("give it either mrr (a month) or amount (a billing period)")
        return self


class UsageFields(Closed):
    """How often a feature was used on a day, at a customer or under a subscription."""

    id: Bound
    customer: Maybe = None
    subscription: Maybe = None
    day: Bound
    feature: Bound
    uses: Bound
    errors: Maybe = None
    seconds: Maybe = None

    @model_validator(mode="after")
    def _one_owner(self) -> "UsageFields":
        if (self.customer is None) == (self.subscription is None):
            raise ValueError("give it either a customer or a subscription")
        return self


class TicketFields(Closed):
    """A support ticket."""

    id: Bound
    customer: Bound
    submitted: Bound
    closed: Maybe = None
    priority: Bound
    response_minutes: Maybe = None
    satisfaction: Maybe = None
    escalated: Maybe = None
    subject: Maybe = None


class ChurnFields(Closed):
    """A note that a customer left."""

    id: Bound
    customer: Bound
    day: Bound
    reason: Maybe = None
    feedback: Maybe = None
    refund: Maybe = None
    reactivation: Maybe = None


class _File(Closed):
    file: str
    delimiter: str | None = None
    encoding: str | None = None


class CustomerSource(_File):
    """A file of customers."""

    entity: Literal["customer"]
    fields: CustomerFields


class SubscriptionSource(_File):
    """A file of subscriptions."""

    entity: Literal["subscription"]
    fields: SubscriptionFields


class UsageSource(_File):
    """A file of daily feature usage."""

    entity: Literal["feature_usage"]
    fields: UsageFields


class TicketSource(_File):
    """A file of support tickets."""

    entity: Literal["ticket"]
    fields: TicketFields


class ChurnSource(_File):
    """A file of churn events."""

    entity: Literal["churn_event"]
    fields: ChurnFields


Source = CustomerSource | SubscriptionSource | UsageSource | TicketSource | ChurnSource
Entity = Literal["customer", "subscription", "feature_usage", "ticket", "churn_event"]
# In the order in which rows can refer to each other.
ORDER: Final[tuple[Entity, ...]] = ("customer", "subscription", "feature_usage", "ticket", "churn_event")


class Mapping(Closed):
    """Books to import: `books` is their name, under which ids are remembered, and `asOf` the last day they cover."""

    books: Annotated[str, Field(min_length=1, max_length=80)]
    as_of: date | None = None
    currency: str
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: str = "utf-8"
    trial_days: Annotated[int, Field(ge=1, le=365)] = 14
    # What each tier includes, in place of what it includes now: a list, or every feature that the usage names.
    features: dict[str, tuple[str, ...] | Literal["used"]] = {}
    sources: Annotated[dict[str, Annotated[Source, Field(discriminator="entity")]], Field(min_length=1)]

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, code: str) -> str:
        try:
            return Money(0, code).currency
        except InvalidInput as unknown:
            raise ValueError(unknown.message) from unknown

    def of(self, entity: Entity) -> dict[str, Source]:
        """Return the sources of one entity by name, in the mapping's order."""
        return {name: source for name, source in self.sources.items() if source.entity == entity}

    def referred(self, name: str, field: str, entity: Entity) -> str:
        """Return the source that the ids of a field refer to; InvalidInput where that is not one source."""
        binding: Binding = getattr(self.sources[name].fields, field)
        known = self.of(entity)
        chosen = [binding.source] if binding.source is not None else list(known)
        if len(chosen) != 1 or chosen[0] not in known:
            which = ", ".join(known) or "none"
            raise InvalidInput(
                f"sources.{name}.fields.{to_camel(field)} must refer to one source of entity {entity}; the mapping has "
                f"{which}. Name it: {{column: …, source: …}}.",
                code="invalid_mapping",
                field="mapping",
            )
        return chosen[0]


def bindings(source: Source) -> dict[str, Binding]:
    """Return the fields of a source that are bound, by our name."""
    names = type(source.fields).model_fields
    found = {name: getattr(source.fields, name) for name in names}
    return {name: binding for name, binding in found.items() if binding is not None}


def read_mapping(text: str, name: str) -> Mapping:
    """Return a mapping, or raise InvalidInput with a sentence for each thing wrong: file, line, key."""
    document = Located(text, name)
    try:
        mapping = Mapping.model_validate(document.value)
        _check_references(mapping)
        _check_dates(mapping)
    except ValidationError as wrong:
        said = [_sentence(document, problem["loc"], problem) for problem in wrong.errors()[:MOST_PROBLEMS]]
        raise InvalidInput("\n".join(said), code="invalid_mapping", field="mapping") from wrong
    except InvalidInput as wrong:
        path = wrong.message.partition(" ")[0].rstrip(":").split(".")
        sentence = f"{name}, line {document.line(path)}: {wrong.message}"
        raise InvalidInput(sentence, code="invalid_mapping", field="mapping") from wrong
    return mapping


def _check_references(mapping: Mapping) -> None:
    entities: dict[str, Entity] = {"customer": "customer", "subscription": "subscription"}
    for name, source in mapping.sources.items():
        for field, entity in entities.items():
            if getattr(source.fields, field, None) is not None:
                mapping.referred(name, field, entity)


def _check_dates(mapping: Mapping) -> None:
    for name, source in mapping.sources.items():
        for field, binding in bindings(source).items():
            key = f"sources.{name}.fields.{to_camel(field)}"
            if binding.date is not None and field not in DATES:
                raise InvalidInput(f"{key}.date says how dates are written, and this is none.")
            for written in binding.date or ():
                if written != DETECT:
                    _check_format(key, written)
            if binding.date and DETECT in binding.date and len(binding.date) > 1:
                raise InvalidInput(f"{key}.date is either detect or formats, not both.")


def _check_format(key: str, written: str) -> None:
    try:
        format_of(written)
    except InvalidInput as wrong:
        raise InvalidInput(f"{key}.date: {wrong.message}") from wrong


def _sentence(document: Located, path: Sequence[str | int], problem: Any) -> str:
    """Return one of pydantic's findings as a sentence about the file."""
    kind, last = problem["type"], str(path[-1]) if path else ""
    if kind == "union_tag_invalid":
        path = [*path, "entity"]
    where = f"{document.name}, line {document.line(path)}: "
    key = document.key(path if kind != "missing" else path[:-1]) or "the mapping"
    if kind == "missing":
        return f"{where}{key} lacks “{last}”."
    if kind == "extra_forbidden":
        return f"{where}there is no key “{last}” here; docs/imports.md lists those there are."
    if kind == "union_tag_not_found":
        return f"{where}{key} lacks “entity”: one of {', '.join(ORDER)}."
    if kind == "union_tag_invalid":
        return f"{where}{key} is none that there is; use one of {', '.join(ORDER)}."
    said = str(problem["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{where}{key}: {said[:1].lower()}{said[1:]}."
