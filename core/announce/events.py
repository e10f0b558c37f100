"""An event as listeners get it, whichever way it reaches them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Event:
    """Something that happened in an organization; `id` is also the cursor after which the next ones are read."""

    id: int
    at: datetime
    organization_id: UUID
    type: str
    data: Mapping[str, Any]

    def as_wire(self) -> dict[str, Any]:
        """Return `{id, at, organizationId, type, data}`, the shape of socket and REST alike."""
        return {
            "id": self.id,
            "at": self.at.isoformat().replace("+00:00", "Z"),
            "organizationId": str(self.organization_id),
            "type": self.type,
            "data": dict(self.data),
        }
