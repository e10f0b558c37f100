"""A Calos with very many customers, by COPY: what the pages about customers are measured on."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from core import clock
from core.config import Settings
from core.databases import open_databases, owner_urls
from tests.bench.licenses import fill
from tests.running import ROOT, Running, running_calos

FOUNDER = ["user", "create", "--email", "fiona@calos.test", "--role", "owner", "--password", "calos-demo-password"]
# A card each, as the job that refreshes them would write it, with figures that differ from one to the next.
CARDS = """
INSERT INTO customer_card (
    organization_id, name, country, segment, owner_email, license_id, install_id, tier_id, term, billing_period,
    licenses, issued_at, expires_at, suspended_at, revoked_at, last_check_in_at, mrr_minor, currency, health,
    health_low, health_high, health_week_ago, events_30d, daily_30d, limit_share, limit_meter, archetype, sentence,
    upsells, top_priority, last_seen_at, refreshed_at, by_name, by_mrr, by_health, by_usage, by_last_seen, by_renewal,
    by_limit
)
SELECT DISTINCT ON (o.id) o.id, o.name, 'DE', 'Retail', 'fiona@calos.test', l.id, l.install_id, l.tier_id, l.term,
       l.billing_period, 1, l.issued_at, l.expires_at, l.suspended_at, l.revoked_at, l.last_check_in_at,
       (n * 7919 % 90000)::bigint, 'USD', n % 100, n % 100, n % 100, (n + 3) % 100, n * 31 % 5000,
       (SELECT jsonb_agg(n * d % 90) FROM generate_series(1, 30) AS d), (n % 120) / 100.0, 'api_calls_day',
       (ARRAY['Office team', 'API-first', 'Broad adopter', 'Dormant'])[n % 4 + 1],
       o.name || ' uses POS heavily and never touches Crypto.', n % 3, (ARRAY['HIGH', 'MEDIUM', NULL])[n % 3 + 1],
       l.last_check_in_at, now(), lower(o.name), n * 7919 % 90000, (n % 100) * 100, n * 31 % 5000,
       l.last_check_in_at, coalesce(l.expires_at, '9999-12-30'), (n % 120) * 100
FROM organization o
JOIN license l ON l.organization_id = o.id
CROSS JOIN LATERAL (SELECT substring(o.name FROM '[0-9]+$')::bigint AS n) AS number
WHERE o.realm = 'customer' AND n IS NOT NULL ORDER BY o.id, l.id
"""


@contextmanager
def serving_many(count: int) -> Iterator[Running]:
    """Yield a Calos with so many licenses, nine in ten of them of a customer of their own."""
    with running_calos(CALOS_DEMO="0", CALOS_WORKER="0") as calos:
        # Started once, so that there is a vendor and its owner; filled while it does not run.
        calos.start(sys.executable, "-m", "tests.bench.served_pages")
        calos.wait_until_ready()
        calos.end()
        subprocess.run([sys.executable, "manage.py", "demo", "build", "--only-test-customer"], env=calos.environment,
                       check=True, cwd=ROOT, stdout=subprocess.DEVNULL)  # fmt: skip
        subprocess.run([sys.executable, "manage.py", *FOUNDER], env=calos.environment, check=True, cwd=ROOT)
        settings = Settings(_env_file=None, CALOS_HOME=calos.home, DATABASE_URL="", TELEMETRY_URL="")
        databases = open_databases(settings)
        try:
            fill(owner_urls(settings)[0], count, clock.now())
            with psycopg.connect(owner_urls(settings)[0], autocommit=True) as owner:
                owner.execute(CARDS)
                owner.execute("VACUUM ANALYZE")
        finally:
            databases.close()
        calos.start(sys.executable, "-m", "tests.bench.served_pages")
        calos.wait_until_ready()
        yield calos
