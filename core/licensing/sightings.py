"""Check-ins of installations already activated: when each was last seen, with what version and domain."""

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final

from core.licensing import statements
from core.licensing.grouped import Grouped
from core.licensing.verdicts import LicenseState, Question

# Within this time of a license's last check-in, the next one is written behind the answer.
WRITTEN_WITHIN: Final = timedelta(hours=1)
Query = Callable[[str, Sequence[Any]], Awaitable[list[tuple[Any, ...]]]]


# When, license, fingerprint, domain, version.
_Sighting = tuple[datetime, str, str, str | None, str | None]


class Sightings:
    """Writes the first check-in of an hour before it is answered, together with all that wait; later ones by `flush`.

    kill -9 loses how recently, since the last flush, those were seen whose license was seen within the hour.
    """

    def __init__(self, query: Query) -> None:
        self._query = query
        self._waiting: dict[tuple[str, str], _Sighting] = {}
        self._written: Grouped[_Sighting, None] = Grouped(self._write)

    def note(self, state: LicenseState, question: Question, now: datetime) -> Awaitable[None] | None:
        """Take down that the installation which asks, and so its license, was seen; await what comes back, if any."""
        fingerprint = question.fingerprint or ""
        seen = (now, state.license_id, fingerprint, question.domain, question.version)
        if state.last_check_in_at is None or now - state.last_check_in_at >= WRITTEN_WITHIN:
            return self._written.ask(seen)
        self._waiting[state.license_id, fingerprint] = seen
        return None

    async def flush(self) -> None:
        """Write what waits; on failure it waits on, and the error goes on."""
        waiting, self._waiting = self._waiting, {}
        try:
            await self._write(list(waiting.values()))
            waiting = {}
        finally:
            self._waiting = {**waiting, **self._waiting}

    async def _write(self, sightings: Sequence[_Sighting]) -> list[None]:
        installations: dict[tuple[str, str], dict[str, str]] = {}
        licenses: dict[str, str] = {}
        for at, license_id, fingerprint, domain, version in sorted(sightings, key=itemgetter(0)):
            told = installations.setdefault((license_id, fingerprint), {"l": license_id, "f": fingerprint})
            told["at"] = licenses[license_id] = at.isoformat()
            if domain:
                told["domain"] = domain
            if version:
                told["version"] = version
        if sightings:
            await self._query(statements.NOTE_SIGHTINGS, [json.dumps([*installations.values()])])
            await self._query(statements.NOTE_CHECK_INS, [json.dumps(licenses)])
        return [None] * len(sightings)
