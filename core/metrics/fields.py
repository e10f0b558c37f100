"""What rows of each entity say: the fields that a list shows, filters and is ordered by."""

from dataclasses import dataclass
from typing import Final, Literal

from core.access.permissions import Permission
from core.metrics.query import Entity

FieldUnit = Literal["text", "money", "share", "count", "score", "day"]


@dataclass(frozen=True)
class Field:
    """One field; `aliases` are the words people say for it, `choice` says that its values are a closed set of words."""

    id: str
    label: str
    unit: FieldUnit
    aliases: tuple[str, ...] = ()
    choice: bool = False
    permission: Permission | None = None


def _all(*fields: Field) -> dict[str, Field]:
    return {each.id: each for each in fields}


_MONEY: Final = Permission.FINANCE_READ
# Dimensions of the catalogue: their labels and the words people say for them.
DIMENSIONS: Final = _all(
    Field("tier", "Tier", "text", ("plan", "tiers", "plans", "subscription tier"), choice=True),
    Field("product", "Product", "text", ("products", "module", "modules"), choice=True),
    Field("country", "Country", "text", ("countries", "nation"), choice=True),
    Field("segment", "Segment", "text", ("segments", "industry", "industries", "sector"), choice=True),
    Field("currency", "Currency", "text", ("currencies",), choice=True),
    Field("customer", "Customer", "text", ("customers", "account", "accounts", "client", "company")),
    Field("cost_kind", "Kind of cost", "text", ("kind", "cost type", "type of cost", "cost kind"), choice=True),
    Field("status", "Status", "text", ("state", "license status"), choice=True),
    Field("archetype", "Archetype", "text", ("culture", "archetypes", "kind of customer"), choice=True),
    Field("owner", "Owner", "text", ("account owner", "account manager", "rep", "salesperson"), choice=True),
    Field("priority", "Priority", "text", ("priorities", "urgency"), choice=True),
    Field("rule", "Rule", "text", ("trigger", "upsell rule", "reason"), choice=True),
)
ENTITIES: Final[dict[Entity, dict[str, Field]]] = {
    "customers": _all(
        Field("name", "Customer", "text", ("name", "company")),
        *(DIMENSIONS[one] for one in ("tier", "status", "country", "segment", "archetype", "owner")),
        Field("term", "Term", "text", ("trial", "paid", "free"), choice=True),
        Field("mrr", "MRR", "money", ("revenue", "recurring revenue", "value"), permission=_MONEY),
        Field("health", "Health", "score", ("health score", "score")),
        Field("usage_30d", "Events in 30 days", "count", ("usage", "events", "activity")),
        Field("limit_share", "Limit used", "share", ("limit", "usage of limit", "share of limit")),
        Field("upsells", "Open upsells", "count", ("opportunities", "upsell")),
        # Yes or no, by the same rules as the tiles: health below 50 and not lost already; 80 % of a limit or more.
        Field("at_risk", "At risk", "text", ("at risk", "at risk of churning", "unhealthy", "in danger"), choice=True),
        Field("near_limit", "Near a limit", "text", ("near a limit", "close to a limit"), choice=True),
        Field("last_seen", "Last seen", "day", ("last active", "last check-in", "seen")),
        Field("expires", "Expires", "day", ("expiry", "renewal", "renews", "ends", "expiring", "ending")),
        Field("since", "Customer since", "day", ("issued", "joined", "signed up")),
    ),
    "movements": _all(
        Field("at", "Date", "day", ("date", "when")),
        DIMENSIONS["customer"],
        Field("kind", "Movement", "text", ("type", "movement kind"), choice=True),
        DIMENSIONS["tier"],
        Field("change", "MRR change", "money", ("amount", "mrr", "size"), permission=_MONEY),
    ),
    "subscriptions": _all(
        DIMENSIONS["customer"],
        DIMENSIONS["tier"],
        Field("interval", "Billed", "text", ("billing period", "billing interval"), choice=True),
        Field("mrr", "MRR", "money", ("revenue", "value"), permission=_MONEY),
        Field("since", "Since", "day", ("started", "start")),
    ),
    "upsells": _all(
        DIMENSIONS["customer"],
        DIMENSIONS["priority"],
        DIMENSIONS["rule"],
        Field("offer", "Offer", "text", ("offered", "target tier")),
        Field("expected", "Expected a month", "money", ("value", "expected value", "worth"), permission=_MONEY),
        Field("days_left", "Days left", "count", ("due", "deadline")),
        Field("sentence", "Evidence", "text"),
    ),
}
