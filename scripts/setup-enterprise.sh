#!/usr/bin/env bash
# Prepares an existing PostgreSQL (14 or newer) for Calos: tables, logins and the test customer. Safe to run again.
#   export DATABASE_URL=postgresql://user:password@localhost:5432/calos
#   ./scripts/setup-enterprise.sh            # the test customer only; CALOS_DEMO=1 for the whole demo world
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -z "${DATABASE_URL:-}" ]; then
  echo "Set DATABASE_URL first, for example: export DATABASE_URL=postgresql://user:password@localhost:5432/calos" >&2
  exit 1
fi
export CALOS_DEMO="${CALOS_DEMO:-0}"
make --no-print-directory .venv/.run
.venv/bin/python manage.py migrate
if [ "$CALOS_DEMO" = "1" ]; then
  .venv/bin/python manage.py demo build
else
  .venv/bin/python manage.py demo build --only-test-customer
fi
echo "Ready. Start Calos with: CALOS_DEMO=$CALOS_DEMO make run"
