"""The narrow statements of the relay and of those who listen, run on connections of their own outside any session."""

CHANNEL = "calos_outbox"
# A NOTIFY's payload ends at 8,000 bytes: so many ids of up to 15 digits fit with their commas.
BATCH = 500

# Every row is marked by itself: transactions commit out of the order of their ids, so a high-water mark would pass
# over the late ones. The marks only ever rise, also across a change of the relaying process or a clock set back:
# who has read up to one mark has everything before it.
RELAY = f"""
WITH waiting AS (
    SELECT id FROM outbox WHERE relayed_at IS NULL ORDER BY id LIMIT {BATCH}
), moved AS (
    UPDATE outbox SET relayed_at = greatest(now(), %(last)s::timestamptz + interval '1 microsecond')
    FROM waiting WHERE outbox.id = waiting.id RETURNING outbox.id, outbox.relayed_at
)
SELECT count(*), max(relayed_at), pg_notify('{CHANNEL}', string_agg(id::text, ',' ORDER BY id))
FROM moved HAVING count(*) > 0
"""

LAST_MARK = "SELECT coalesce(max(relayed_at), 'epoch') FROM outbox"

# A position is a mark with an id.
NEWEST = "SELECT relayed_at, id FROM outbox WHERE relayed_at IS NOT NULL ORDER BY relayed_at DESC, id DESC LIMIT 1"
AFTER = f"""
SELECT relayed_at, id, at, organization_id, type, data FROM outbox
WHERE (relayed_at, id) > (%s::timestamptz, %s::bigint) ORDER BY relayed_at, id LIMIT {BATCH}
"""
