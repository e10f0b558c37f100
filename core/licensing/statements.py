"""The SQL of the verify door: narrow statements on keys, run outside a tenant's transaction (psycopg placeholders).

Many rows go in as one text, JSON or an array's own form, which the driver hands on as it is: arrays it would build
element by element.
"""

from collections.abc import Iterable
from typing import Final

# Every statement here goes by keys, so that a plan made once, without looking at what is asked, is the right one:
# planning anew costs as much as answering, and a scan of a small table is a scan of a large one next year.
CONFIGURE: Final = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off"

_STATE: Final = """
    l.id::text, l.organization_id::text, l.install_id, l.tier_id, l.term, l.billing_period,
    l.issued_at, l.starts_at, l.expires_at, l.suspended_at, l.revoked_at,
    coalesce(l.max_installs, t.max_installs), l.max_seats, l.domains, l.fingerprint_required,
    l.check_in_days, l.expiry_strategy, l.overage, t.features || l.entitlements, l.versions,
    l.first_verified_at, l.last_check_in_at, l.state_version
"""

# One row for each pair asked for, with its place among them. Installations and leases are counted only where the count
# can decide anything. This one is spoken straight through libpq, hence its placeholders.
READ_STATES: Final = f"""
SELECT asked.place, l.secret_digest, {_STATE},
       CASE WHEN asked.installation IS NOT NULL AND i.license_id IS NULL
             AND coalesce(l.max_installs, t.max_installs) IS NOT NULL
            THEN (SELECT count(*) FROM installation other WHERE other.license_id = l.id) END,
       i.license_id IS NOT NULL,
       CASE WHEN l.max_seats IS NOT NULL
            THEN (SELECT count(*) FROM seat_lease s WHERE s.license_id = l.id AND s.expires_at > $3::timestamptz) END
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (install_id, installation, place)
JOIN license l ON l.install_id = asked.install_id
JOIN tier t ON t.id = l.tier_id
LEFT JOIN installation i ON i.license_id = l.id AND i.fingerprint = asked.installation
"""

READ_LIMITS: Final = "SELECT tier_id, jsonb_object_agg(meter, highest) FROM tier_limit GROUP BY tier_id"
# The newest of several wins, as it does where people read them.
READ_OVERRIDES: Final = """
SELECT license_id::text, jsonb_object_agg(meter, highest ORDER BY starts_at, id)
FROM limit_override WHERE starts_at <= %s AND (ends_at IS NULL OR ends_at > %s) GROUP BY license_id
"""

# A check-in's transaction: the row is locked first, so that activations of one license happen one after the other,
# and what is counted afterwards (a statement sees what was committed before it began) is the truth.
LOCK_STATE: Final = f"""
SELECT {_STATE} FROM license l JOIN tier t ON t.id = l.tier_id
WHERE l.install_id = %s FOR NO KEY UPDATE OF l
"""
COUNT_INSTALLATIONS: Final = """
SELECT (SELECT count(*) FROM installation WHERE license_id = l.id),
       EXISTS (SELECT FROM installation WHERE license_id = l.id AND fingerprint = %s),
       CASE WHEN l.max_seats IS NOT NULL
            THEN (SELECT count(*) FROM seat_lease WHERE license_id = l.id AND expires_at > %s) END
FROM license l WHERE l.id = %s
"""
ACTIVATE: Final = """
INSERT INTO installation (license_id, fingerprint, organization_id, domain, version, activated_at, last_seen_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (license_id, fingerprint) DO UPDATE
SET last_seen_at = greatest(installation.last_seen_at, excluded.last_seen_at),
    domain = coalesce(excluded.domain, installation.domain),
    version = coalesce(excluded.version, installation.version)
"""
CHECK_IN: Final = """
UPDATE license
SET last_check_in_at = greatest(last_check_in_at, %s), first_verified_at = coalesce(first_verified_at, %s)
WHERE id = %s
"""
ANNOUNCE_FIRST: Final = """
INSERT INTO outbox (organization_id, type, data, at)
SELECT id, 'activity:new',
       jsonb_build_object('kind', 'license.first_verified', 'title', name || ' is up: first verified',
                          'installId', %s::text, 'customerName', name, 'tier', %s::text), %s
FROM organization WHERE id = %s
"""
MARK_CARD: Final = """
INSERT INTO card_mark (organization_id, marked_at) VALUES (%s, %s)
"""

# Stores each decision unless the last one to an equal question was the same, and returns the row that stands.
STORE_DECISIONS: Final = """
WITH given AS (
    SELECT license_id, organization_id, at, valid, code, question, decode(digest, 'hex') AS question_digest, state,
           state_version
    FROM jsonb_to_recordset(%s::jsonb) AS g (
        license_id uuid, organization_id uuid, at timestamptz, valid boolean, code text, question jsonb, digest text,
        state jsonb, state_version integer
    )
), standing AS (
    SELECT g.license_id, g.question_digest, last.id
    FROM given g CROSS JOIN LATERAL (
        SELECT d.id, d.valid, d.code, d.state_version FROM decision d
        WHERE d.license_id = g.license_id AND d.question_digest = g.question_digest ORDER BY d.id DESC LIMIT 1
    ) AS last
    WHERE (last.valid, last.code, last.state_version) = (g.valid, g.code, g.state_version)
), stored AS (
    INSERT INTO decision (license_id, organization_id, at, valid, code, question, question_digest, state,
                          state_version, last_at)
    SELECT g.license_id, g.organization_id, g.at, g.valid, g.code, g.question, g.question_digest, g.state,
           g.state_version, g.at
    FROM given g WHERE NOT EXISTS (
        SELECT FROM standing s WHERE s.license_id = g.license_id AND s.question_digest = g.question_digest
    )
    RETURNING license_id, question_digest, id
)
SELECT license_id::text, encode(question_digest, 'hex'), id, true FROM stored
UNION ALL
SELECT license_id::text, encode(question_digest, 'hex'), id, false FROM standing
"""

# Counts, a second or so late. Rows are locked in the order of their keys, so that two processes never deadlock.
COUNT_REPEATS: Final = """
WITH given AS (
    SELECT key::bigint AS id, (value->>0)::bigint AS times, (value->>1)::timestamptz AS at FROM json_each(%s::json)
), locked AS (
    SELECT d.id FROM decision d WHERE d.id IN (SELECT id FROM given) ORDER BY d.id FOR NO KEY UPDATE
)
UPDATE decision d SET repeats = d.repeats + g.times, last_at = greatest(d.last_at, g.at)
FROM given g JOIN locked USING (id) WHERE d.id = g.id
"""
NOTE_CHECK_INS: Final = """
WITH given AS (
    SELECT key::uuid AS id, value::timestamptz AS at FROM json_each_text(%s::json)
), locked AS (
    SELECT l.id FROM license l WHERE l.id IN (SELECT id FROM given) ORDER BY l.id FOR NO KEY UPDATE
)
UPDATE license l SET last_check_in_at = greatest(l.last_check_in_at, g.at)
FROM given g JOIN locked USING (id) WHERE l.id = g.id
"""
NOTE_SIGHTINGS: Final = """
WITH given AS (
    SELECT l AS license_id, f AS fingerprint, at, domain, version
    FROM json_to_recordset(%s::json) AS g (l uuid, f text, at timestamptz, domain text, version text)
), locked AS (
    SELECT i.license_id, i.fingerprint FROM installation i
    WHERE (i.license_id, i.fingerprint) IN (SELECT license_id, fingerprint FROM given)
    ORDER BY i.license_id, i.fingerprint FOR NO KEY UPDATE
)
UPDATE installation i
SET last_seen_at = greatest(i.last_seen_at, g.at), domain = coalesce(g.domain, i.domain),
    version = coalesce(g.version, i.version)
FROM given g JOIN locked USING (license_id, fingerprint)
WHERE i.license_id = g.license_id AND i.fingerprint = g.fingerprint
"""


def array_of(values: Iterable[str | None]) -> str:
    """Return the text form of a PostgreSQL text array."""
    return "{" + ",".join("NULL" if value is None else _quoted(value) for value in values) + "}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
