"""What goes along when a license changes hands: every row about it, whichever domain keeps it."""

from typing import Final
from uuid import UUID

from sqlalchemy import Table, and_, update

from core.licensing.reads import License
from db.models.culture import archetype_spell, culture_profile, health_day, health_snapshot, upsell
from db.models.licensing import decision, installation
from db.models.limits import limit_override, usage_place, usage_standing
from db.models.notify import limit_notice
from db.models.releases import telemetry_opt_out
from db.session import WriteSession

# By license or install id: who holds the license is who may read them.
GO_ALONG: Final[tuple[Table, ...]] = (
    installation,
    decision,
    limit_override,
    usage_standing,
    usage_place,
    limit_notice,
    culture_profile,
    health_day,
    health_snapshot,
    archetype_spell,
    # Whoever takes over may opt in again; until then, silence is the safe side.
    telemetry_opt_out,
)
# Tables of both a tenant and a license whose rows stay where they are, each for a reason; a test wants every such table
# in one place or the other.
STAY: Final[dict[str, str]] = {
    "license": "is handed over itself",
    "license_word": "follows by trigger",
    "license_file": "the register says whose a file was when it was made, and takes no change",
    "seat_lease": "ends with the hand-over",
    "subscription": "ends with the one and begins with the other",
    "customer_card": "is refreshed for both",
    "invoice_line": "says what was billed to whom, and takes no change",
    "upsell": "closed ones are the history of whom they were offered to; open ones go along",
}


def send_along(session: WriteSession, held: License, organization_id: UUID) -> None:
    """Give every row of GO_ALONG and the open upsells to the license's new holder."""
    for table in GO_ALONG:
        mine = table.c.license_id == held.id if "license_id" in table.c else table.c.install_id == held.install_id
        session.execute(update(table).where(mine).values(organization_id=organization_id))
    offered = and_(upsell.c.install_id == held.install_id, upsell.c.state == "open")
    session.execute(update(upsell).where(offered).values(organization_id=organization_id))
