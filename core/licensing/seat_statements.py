"""The SQL of the seat door: narrow statements on keys, run outside a tenant's transaction (psycopg placeholders)."""

from typing import Final

READ_DIGEST: Final = "SELECT secret_digest FROM license WHERE install_id = %s"

# Asked with the license locked, so that what is counted stays so until the commit. `at` is never before the last lease
# that was given: two machines' clocks differ, and a seat that one has seen run out must not live on for the other.
COUNT_SEATS: Final = """
WITH clock AS (
    SELECT greatest(%s::timestamptz, max(renewed_at)) AS at FROM seat_lease WHERE license_id = %s
)
SELECT clock.at, l.seat_heartbeat_seconds,
       (SELECT count(*) FROM installation WHERE license_id = l.id),
       EXISTS (SELECT FROM installation WHERE license_id = l.id AND fingerprint = %s),
       (SELECT count(*) FROM seat_lease WHERE license_id = l.id AND expires_at > clock.at),
       EXISTS (SELECT FROM seat_lease WHERE license_id = l.id AND holder = %s AND expires_at > clock.at)
FROM clock, license l WHERE l.id = %s
"""
TAKE_SEAT: Final = """
INSERT INTO seat_lease AS s (license_id, holder, organization_id, fingerprint, taken_at, renewed_at, expires_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (license_id, holder) DO UPDATE
SET fingerprint = coalesce(excluded.fingerprint, s.fingerprint),
    -- A lease that had run out is another one.
    taken_at = CASE WHEN s.expires_at > excluded.renewed_at THEN s.taken_at ELSE excluded.taken_at END,
    renewed_at = excluded.renewed_at, expires_at = excluded.expires_at
"""
RELEASE_SEAT: Final = """
DELETE FROM seat_lease s USING license l
WHERE l.install_id = %s AND s.license_id = l.id AND s.holder = %s RETURNING s.expires_at
"""
