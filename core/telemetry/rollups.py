"""Everything that the roll-ups hold of installs, as columns and in one statement, for profiles made by the hundred."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from core.periods import midnight
from db.session import ReadSession

Ints = list[int]
Texts = list[str]

# A row an install. Each part is one index scan of the install's own keys; columns come as arrays, because rows cost ten
# times as much on the way. Days and hours are numbers since 1970; minutes are actor_rollup's bits, 180 bytes a row.
_STATEMENT: Final = """
SELECT asked.install_id, span.*, quota.*, hours.*, told.*, features.*, uses.*, actors.*, facets.*, versions.*
FROM unnest(%(installs)s::text[]) AS asked (install_id)
CROSS JOIN LATERAL (
    SELECT least((SELECT min(hour) FROM hour_rollup WHERE install_id = asked.install_id AND hour <= %(now)s),
                 (SELECT min(day) FROM day_rollup WHERE install_id = asked.install_id AND day <= %(last)s)
                     ::timestamp AT TIME ZONE 'UTC') AS first,
           greatest((SELECT max(hour) FROM hour_rollup WHERE install_id = asked.install_id AND hour <= %(now)s),
                    (SELECT max(day) FROM day_rollup WHERE install_id = asked.install_id AND day <= %(last)s)
                        ::timestamp AT TIME ZONE 'UTC') AS last
) AS span
CROSS JOIN LATERAL (
    SELECT coalesce(sum(late), 0)::bigint AS late, coalesce(sum(duplicates), 0)::bigint AS duplicates
    FROM ingest_quota WHERE install_id = asked.install_id AND day BETWEEN %(first)s AND %(last)s
) AS quota
CROSS JOIN LATERAL (
    SELECT array_agg(extract(epoch FROM hour)::bigint / 3600), array_agg(events), array_agg(api_calls),
           array_agg(errors), array_agg(timed), array_agg(ms_sum)
    FROM (SELECT * FROM hour_rollup WHERE install_id = asked.install_id
              AND hour >= %(began)s AND hour < %(ended)s ORDER BY hour) AS ordered
) AS hours (h_at, h_events, h_calls, h_errors, h_timed, h_ms)
CROSS JOIN LATERAL (
    SELECT array_agg(day - '1970-01-01'::date), array_agg(events), array_agg(errors)
    FROM (SELECT * FROM day_rollup WHERE install_id = asked.install_id
              AND day BETWEEN %(since)s AND %(last)s ORDER BY day) AS ordered
) AS told (t_day, t_events, t_errors)
CROSS JOIN LATERAL (
    SELECT array_agg(day - '1970-01-01'::date), array_agg(feature), array_agg(events), array_agg(errors),
           array_agg(denied)
    FROM (SELECT * FROM feature_rollup WHERE install_id = asked.install_id
              AND day BETWEEN %(ever)s AND %(last)s ORDER BY day, feature) AS ordered
) AS features (f_day, f_feature, f_events, f_errors, f_denied)
CROSS JOIN LATERAL (
    SELECT array_agg(day - '1970-01-01'::date), array_agg(feature), array_agg(actor), array_agg(events),
           array_agg(denied)
    FROM (SELECT * FROM feature_actor_rollup WHERE install_id = asked.install_id
              AND day BETWEEN %(uses_since)s AND %(last)s ORDER BY day, feature, actor) AS ordered
) AS uses (u_day, u_feature, u_actor, u_events, u_denied)
CROSS JOIN LATERAL (
    SELECT array_agg(day - '1970-01-01'::date), array_agg(actor), array_agg(events),
           CASE WHEN %(minutes)s THEN string_agg(substring(bit_send(minutes) FROM 5), ''::bytea) END
    FROM (SELECT * FROM actor_rollup WHERE install_id = asked.install_id
              AND day BETWEEN %(uses_since)s AND %(last)s ORDER BY day, actor) AS ordered
) AS actors (a_day, a_actor, a_events, a_minutes)
CROSS JOIN LATERAL (
    SELECT array_agg(kind), array_agg(value), array_agg(events), array_agg(errors), array_agg(days), array_agg(began),
           array_agg(ended)
    FROM (SELECT kind, value, sum(events)::bigint AS events, sum(errors)::bigint AS errors, count(*) AS days,
                 min(day) - '1970-01-01'::date AS began, max(day) - '1970-01-01'::date AS ended
          FROM facet_rollup WHERE install_id = asked.install_id AND day BETWEEN %(first)s AND %(last)s
          GROUP BY kind, value) AS summed
    WHERE %(facets)s
) AS facets (x_kind, x_value, x_events, x_errors, x_days, x_first, x_last)
CROSS JOIN LATERAL (
    SELECT array_agg(day - '1970-01-01'::date), array_agg(value), array_agg(events)
    FROM (SELECT * FROM facet_rollup WHERE install_id = asked.install_id
              AND day BETWEEN %(since)s AND %(last)s AND kind = 'version' ORDER BY day, value) AS ordered
    WHERE %(facets)s
) AS versions (v_day, v_value, v_events)
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far back an install is looked at, in days before the last: hours, people and surroundings, and features."""

    last: date
    window_days: int
    history_days: int
    features_days: int


class Rollups:
    """The roll-ups of one install as columns of equal length by part; a part without rows has empty columns."""

    def __init__(self, row: Any) -> None:
        self._row = row

    def column(self, name: str) -> list[Any]:
        """Return one column, empty where there are no rows."""
        return getattr(self._row, name) or []

    def columns(self, *names: str) -> tuple[list[Any], ...]:
        """Return several columns of the same part."""
        return tuple(self.column(name) for name in names)

    @property
    def minutes(self) -> bytes:
        """The bits of the actors' minutes, 180 bytes for each row of theirs."""
        return self._row.a_minutes or b""

    @property
    def first(self) -> datetime | None:
        """The hour of the first event ever, or the beginning of the first day told."""
        return _utc(self._row.first)

    @property
    def last(self) -> datetime | None:
        """The hour of the last event, or the beginning of the last day told."""
        return _utc(self._row.last)

    @property
    def late(self) -> int:
        """Events that arrived more than an hour late, by the day of their arrival."""
        return int(self._row.late)

    @property
    def duplicates(self) -> int:
        """Events that arrived again, by the day of their arrival."""
        return int(self._row.duplicates)


def rollups(session: ReadSession, install_ids: Sequence[str], reach: Reach, now: datetime) -> dict[str, Rollups]:
    """Return the roll-ups of installs up to `now`; the cost does not depend on the number of their events."""
    first, since = (reach.last - timedelta(days=days) for days in (reach.window_days - 1, reach.history_days))
    given = {
        "installs": list(install_ids),
        "now": now,
        "last": reach.last,
        "first": first,
        "since": since,
        "began": midnight(since),
        "ended": midnight(reach.last + timedelta(days=1)),
        "ever": reach.last - timedelta(days=reach.features_days),
        "uses_since": first,
        "minutes": True,
        "facets": True,
    }
    found = session.connection.exec_driver_sql(_STATEMENT, given)
    return {row.install_id: Rollups(row) for row in found}


def history(session: ReadSession, install_id: str, reach: Reach, now: datetime) -> Rollups:
    """Return the days of a long time: hours, features and people, without minutes and surroundings."""
    since = reach.last - timedelta(days=reach.history_days)
    given = {
        "installs": [install_id],
        "now": now,
        "last": reach.last,
        "first": since,
        "since": since,
        "began": midnight(since),
        "ended": midnight(reach.last + timedelta(days=1)),
        "ever": since,
        "uses_since": since,
        "minutes": False,
        "facets": False,
    }
    return Rollups(session.connection.exec_driver_sql(_STATEMENT, given).one())


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC)
