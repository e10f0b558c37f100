"""Which install a secret belongs to: one narrow read of licenses on the control plane, remembered for a minute."""

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from core.errors import NotPermitted
from core.ids import digest

REMEMBERED_SECONDS: Final = 60.0
MOST_REMEMBERED: Final = 20_000
BY_DIGEST: Final = """
SELECT l.install_id, l.organization_id, l.tier_id, l.revoked_at IS NOT NULL AS revoked,
       EXISTS (SELECT FROM telemetry_opt_out o WHERE o.install_id = l.install_id) AS opted_out
FROM license l WHERE l.secret_digest = %s
"""


@dataclass(frozen=True, slots=True)
class Install:
    """The holder of an install secret, as far as ingest needs to know it."""

    install_id: str
    organization_id: UUID
    tier_id: str
    revoked: bool
    opted_out: bool = False

    def admit_telemetry(self, claimed: str | None) -> None:
        """Raise NotPermitted as `admit` does, and where this customer has chosen to send no telemetry."""
        self.admit(claimed)
        if self.opted_out:
            raise NotPermitted(
                "This customer has chosen to send no telemetry, so none is taken. Set CALOS_TELEMETRY=off where the "
                "software runs; the license stays valid without it.",
                code="telemetry_off",
            )

    def admit(self, claimed: str | None) -> None:
        """Raise NotPermitted if the batch claims another install, or the license was revoked.

        A suspended or expired license still reports: what happened at the customer stays true, and is needed when the
        license is resumed or renewed. A revoked one is over, and we have no business collecting from it.
        """
        if claimed is not None and claimed != self.install_id:
            raise NotPermitted(
                "This secret belongs to another install. Send events with the secret of their own install.",
                code="other_install",
            )
        if self.revoked:
            raise NotPermitted(
                "This license was revoked, so its telemetry is not taken. Stop sending, or ask for reinstatement.",
                code="license_revoked",
            )


class Installs:
    """Install secrets as this process met them, each believed for a minute; unknown ones are looked up every time."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool
        self._known: OrderedDict[bytes, tuple[float, Install]] = OrderedDict()

    async def by_secret(self, secret: str) -> Install | None:
        """Return the install that holds `secret`, or None."""
        key = digest(secret)
        met = self._known.get(key)
        if met is not None and time.monotonic() - met[0] < REMEMBERED_SECONDS:
            return met[1]
        async with self._pool.connection() as connection:
            row = await (await connection.execute(BY_DIGEST, (key,), prepare=True)).fetchone()
        if row is None:
            self._known.pop(key, None)
            return None
        found = Install(*row)
        self._known[key] = time.monotonic(), found
        self._known.move_to_end(key)
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return found
