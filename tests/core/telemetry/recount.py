"""Roll-ups counted again by hand, event by event, for comparison with what the database keeps."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any

from core.telemetry.events import Row
from core.telemetry.latency import bucket
from db.models import telemetry_metadata
from db.session import ReadSession

Table = list[tuple[Any, ...]]
ROLL_UPS = ("hour_rollup", "feature_rollup", "actor_rollup", "feature_actor_rollup", "facet_rollup")


def kept_roll_ups(session: ReadSession, install_id: str) -> dict[str, Table]:
    """Return every roll-up row of an install as the database has it, without the install's id, in key order."""
    made = {}
    for name in ROLL_UPS:
        table = telemetry_metadata.tables[name]
        columns = [column for column in table.columns if column.name != "install_id"]
        found = session.execute(table.select().with_only_columns(*columns).where(table.c.install_id == install_id))
        made[name] = sorted(tuple(row) for row in found)
    return made


def recounted_roll_ups(rows: Iterable[Row]) -> dict[str, Table]:
    """Return what the roll-ups of these rows must be; rows are already checked, each event once."""
    facts = [_Fact(row) for row in rows]
    return {
        "hour_rollup": _group(facts, lambda f: (f.at.replace(minute=0, second=0, microsecond=0),), _hour),
        "feature_rollup": _group([f for f in facts if f.feature], lambda f: (f.day, f.feature), _feature),
        "actor_rollup": _group([f for f in facts if f.actor], lambda f: (f.day, f.actor), _actor),
        "feature_actor_rollup": _group(
            [f for f in facts if f.actor and f.feature],
            lambda f: (f.day, f.feature, f.actor),
            lambda those: (len(those), sum(f.denied for f in those)),
        ),
        "facet_rollup": _facets(facts),
    }


class _Fact:
    def __init__(self, row: Row) -> None:
        self.row = row
        self.at = datetime.fromisoformat(row["ts"]).astimezone(UTC)
        self.day: date = self.at.date()
        self.feature, self.actor = row.get("feature"), row.get("actor")
        self.ms: int | None = row.get("ms")
        self.error = row["type"] == "error" or row.get("status", 0) >= 500
        self.denied = row.get("status") in {402, 403} and self.feature is not None


def _group(facts: list[_Fact], key: Callable[[_Fact], Any], count: Callable[[list[_Fact]], Any]) -> Table:
    groups: dict[Any, list[_Fact]] = defaultdict(list)
    for fact in facts:
        groups[key(fact)].append(fact)
    return sorted((*name, *count(those)) for name, those in groups.items())


def _hour(those: list[_Fact]) -> tuple[int, ...]:
    times = [f.ms for f in those if f.ms is not None]
    calls = sum(f.row["type"] == "api_call" for f in those)
    return len(those), calls, sum(f.error for f in those), len(times), sum(times)


def _feature(those: list[_Fact]) -> tuple[int, ...]:
    return len(those), sum(f.error for f in those), sum(f.denied for f in those)


def _actor(those: list[_Fact]) -> tuple[int, str]:
    active = {f.at.hour * 60 + f.at.minute for f in those}
    return len(those), "".join("1" if minute in active else "0" for minute in range(1440))


def _facets(facts: list[_Fact]) -> Table:
    made: Table = []
    for kind in ("agent", "domain", "latency", "type", "version", "zone"):

        def value(fact: _Fact, kind: str = kind) -> str | None:
            if kind == "latency":
                return None if fact.ms is None else str(bucket(fact.ms))
            return fact.row.get(kind)

        of_kind = [f for f in facts if value(f) is not None]
        rows = _group(of_kind, lambda f, value=value: (f.day, value(f)), lambda t: (len(t), sum(f.error for f in t)))  # type: ignore[misc]  # the default binds it
        made.extend((day, kind, name, events, errors) for day, name, events, errors in rows)
    return sorted(made)
