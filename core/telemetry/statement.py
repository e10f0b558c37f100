"""The one statement that takes a batch of an install: each event once, and roll-ups of exactly the events kept."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from core.telemetry.events import Row
from core.telemetry.latency import EDGES

Key = tuple[str, str]
LATE: Final = timedelta(hours=1)

# Three things hold it together.
# * Whatever depends on an event is computed from the rows that INSERT … RETURNING gives back, in the same statement: a
#   duplicate leaves no trace, and no other transaction ever sees an event without its roll-ups or the reverse.
# * Every INSERT takes its rows in the order of its key, and all copies of this statement write the tables in the same
#   order, so that overlapping batches wait for each other and never in a circle.
# * Counters are added and minutes OR-ed, both of which commute: the order of arrival cannot be seen in the result.
_COUNTED: Final = f"""
WITH given AS (
    SELECT * FROM json_to_recordset(%(events)s::json) AS e (
        day date, event_id text, ts timestamptz, type text, feature text, actor text, session text, status int, ms int,
        agent text, domain text, version text, zone text, props jsonb)
), kept AS (
    INSERT INTO event (install_id, day, event_id, ts, received_at, type, feature, actor, session, status, ms, agent,
                       domain, version, zone, props)
    SELECT %(install_id)s, day, event_id, ts, %(now)s, type, feature, actor, session, status, ms, agent,
           domain, version, zone, props
    FROM given ORDER BY day, event_id COLLATE "C"
    ON CONFLICT (install_id, day, event_id) DO NOTHING
    RETURNING day, event_id, ts, type, feature, actor, ms, agent, domain, version, zone,
              (type = 'error' OR coalesce(status, 0) >= 500)::int AS error,
              (coalesce(status, 0) IN (402, 403) AND feature IS NOT NULL)::int AS denied
), hours AS (
    INSERT INTO hour_rollup AS r (install_id, hour, events, api_calls, errors, timed, ms_sum)
    SELECT %(install_id)s, date_trunc('hour', ts, 'UTC'), count(*), count(*) FILTER (WHERE type = 'api_call'),
           sum(error), count(ms), coalesce(sum(ms), 0)
    FROM kept GROUP BY 2 ORDER BY 2
    ON CONFLICT (install_id, hour) DO UPDATE SET
        events = r.events + excluded.events, api_calls = r.api_calls + excluded.api_calls,
        errors = r.errors + excluded.errors, timed = r.timed + excluded.timed, ms_sum = r.ms_sum + excluded.ms_sum
), features AS (
    INSERT INTO feature_rollup AS r (install_id, day, feature, events, errors, denied)
    SELECT %(install_id)s, day, feature, count(*), sum(error), sum(denied)
    FROM kept WHERE feature IS NOT NULL GROUP BY 2, 3 ORDER BY 2, feature COLLATE "C"
    ON CONFLICT (install_id, day, feature) DO UPDATE SET
        events = r.events + excluded.events, errors = r.errors + excluded.errors, denied = r.denied + excluded.denied
), actors AS (
    INSERT INTO actor_rollup AS r (install_id, day, actor, events, minutes)
    SELECT %(install_id)s, day, actor, count(*),
           bit_or(set_bit(repeat('0', 1440)::bit(1440), floor(date_part('epoch', ts) / 60)::int %% 1440, 1))
    FROM kept WHERE actor IS NOT NULL GROUP BY 2, 3 ORDER BY 2, actor COLLATE "C"
    ON CONFLICT (install_id, day, actor) DO UPDATE SET
        events = r.events + excluded.events, minutes = r.minutes | excluded.minutes
), feature_actors AS (
    INSERT INTO feature_actor_rollup AS r (install_id, day, feature, actor, events, denied)
    SELECT %(install_id)s, day, feature, actor, count(*), sum(denied)
    FROM kept WHERE feature IS NOT NULL AND actor IS NOT NULL
    GROUP BY 2, 3, 4 ORDER BY 2, feature COLLATE "C", actor COLLATE "C"
    ON CONFLICT (install_id, day, feature, actor) DO UPDATE SET
        events = r.events + excluded.events, denied = r.denied + excluded.denied
), facets AS (
    INSERT INTO facet_rollup AS r (install_id, day, kind, value, events, errors)
    SELECT %(install_id)s, day, facet.kind, facet.value, count(*), sum(error)
    FROM kept, LATERAL (VALUES
        ('agent', agent), ('domain', domain), ('type', type), ('version', version), ('zone', zone),
        ('latency', width_bucket(ms, '{{{",".join(map(str, EDGES))}}}'::int[])::text)
    ) AS facet (kind, value)
    WHERE facet.value IS NOT NULL GROUP BY 2, 3, 4 ORDER BY 2, 3, facet.value COLLATE "C"
    ON CONFLICT (install_id, day, kind, value) DO UPDATE SET
        events = r.events + excluded.events, errors = r.errors + excluded.errors
), totals AS (
    SELECT count(*) AS accepted, max(ts) AS last_at,
           count(*) FILTER (WHERE ts < %(late_before)s) AS late,
           count(*) FILTER (WHERE ts > %(now)s + interval '5 minutes') AS ahead
    FROM kept
), mark AS (
    INSERT INTO dirty_install AS d (install_id, marked_at, last_event_at)
    SELECT %(install_id)s, %(now)s, last_at FROM totals WHERE accepted > 0
    ON CONFLICT (install_id) DO UPDATE SET last_event_at = greatest(d.last_event_at, excluded.last_event_at)
), quota AS (
    INSERT INTO ingest_quota AS q (install_id, day, accepted, duplicates, refused, late, ahead)
    SELECT %(install_id)s, (%(now)s AT TIME ZONE 'UTC')::date, accepted, %(sent)s - accepted, %(refused)s, late, ahead
    FROM totals
    ON CONFLICT (install_id, day) DO UPDATE SET
        accepted = q.accepted + excluded.accepted, duplicates = q.duplicates + excluded.duplicates,
        refused = q.refused + excluded.refused, late = q.late + excluded.late, ahead = q.ahead + excluded.ahead
    RETURNING accepted AS today
"""
_REASONS: Final = """), reasons AS (
    INSERT INTO ingest_refusal AS r (install_id, day, code, events)
    SELECT %(install_id)s, (%(now)s AT TIME ZONE 'UTC')::date, code, events
    FROM json_to_recordset(%(reasons)s::json) AS given (code text, events bigint) ORDER BY code COLLATE "C"
    ON CONFLICT (install_id, day, code) DO UPDATE SET events = r.events + excluded.events
"""
_ANSWER: Final = """)
SELECT accepted, today, CASE WHEN accepted < %(unique)s THEN (
    SELECT json_agg(json_build_array(day, event_id))
    FROM (SELECT day, event_id FROM given EXCEPT SELECT day, event_id FROM kept) AS known
) END AS known
FROM totals, quota
"""
INGEST: Final = _COUNTED + _ANSWER
# For batches of which something was refused: the same, with the reasons counted in the same transaction.
INGEST_REFUSING: Final = _COUNTED + _REASONS + _ANSWER


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of the statement did: events accepted, the day's total by now, and keys that were there before."""

    accepted: int
    today: int
    known: frozenset[Key]


def key_of(row: Row) -> Key:
    """Return what makes an event the same event: its UTC day and its id."""
    return row["day"], row["event_id"]


def unique_rows(rows: Iterable[Row]) -> dict[Key, Row]:
    """Return each event once, the first of several with one key."""
    made: dict[Key, Row] = {}
    for row in rows:
        made.setdefault(key_of(row), row)
    return made


def parameters(
    install_id: str,
    rows: Mapping[Key, Row],
    *,
    sent: int,
    refused: Mapping[str, int],
    now: datetime,
    late: timedelta = LATE,
) -> dict[str, Any]:
    """Return the statement's parameters.

    `sent` counts repeated events too, `refused` counts by code, `now` is the time of receipt, `late` the age from which
    an event counts as late.
    """
    return {
        "install_id": install_id,
        "events": _as_json(rows),
        "unique": len(rows),
        "sent": sent,
        "refused": sum(refused.values()),
        "reasons": json.dumps([{"code": code, "events": events} for code, events in refused.items()]),
        "now": now,
        "late_before": now - late,
    }


def _as_json(rows: Mapping[Key, Row]) -> str:
    try:
        return orjson.dumps(list(rows.values())).decode()
    except orjson.JSONEncodeError:
        # Props may hold an integer of any length.
        return json.dumps(list(rows.values()), ensure_ascii=False)


def statement_for(asked: Mapping[str, Any]) -> str:
    """Return which of the two statements these parameters need."""
    return INGEST_REFUSING if asked["refused"] else INGEST


def outcome(row: tuple[Any, ...]) -> Outcome:
    """Return the statement's one row by name."""
    accepted, today, known = row
    return Outcome(accepted, today, frozenset((day, event_id) for day, event_id in known or ()))
