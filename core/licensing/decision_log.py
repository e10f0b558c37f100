"""The decision log as the verify door writes it: changes before the answer is sent, repetitions counted after."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core.licensing import statements
from core.licensing.grouped import Grouped
from core.licensing.verdicts import LicenseState, Question, Verdict, as_json

REMEMBERED: Final = 20_000
# License, fingerprint, domain, version, seats, entitlements, authenticated: a question without its nonce.
Key = tuple[str, str | None, str | None, str | None, int | None, tuple[str, ...], bool]
Said = tuple[bool, str, int]
Query = Callable[[str, Sequence[Any]], Awaitable[list[tuple[Any, ...]]]]


@dataclass(frozen=True)
class _Change:
    key: Key
    said: Said
    digest: str
    row: dict[str, Any]


class DecisionLog:
    """Stores a decision when the verdict on a question, or the license's state version, is not what it last was.

    A stored decision is committed before `note` returns. What stays the same is only counted, in memory, and written
    by `flush`, once a second: kill -9 loses the counts of the last one.
    """

    def __init__(self, query: Query) -> None:
        self._query = query
        self._standing: OrderedDict[Key, tuple[int, Said]] = OrderedDict()
        self._changes: Grouped[_Change, tuple[int, bool]] = Grouped(self._store)
        self._repeats: dict[int, tuple[int, datetime]] = {}

    def note(
        self, state: LicenseState, question: Question, verdict: Verdict, now: datetime
    ) -> Coroutine[Any, Any, None] | None:
        """Take down one decision; what comes back, if any, is to be awaited before the answer is sent."""
        asked = question
        key = (
            state.license_id,
            asked.fingerprint,
            asked.domain,
            asked.version,
            asked.seats,
            asked.entitlements,
            asked.authenticated,
        )
        said = (verdict.valid, verdict.code.value, state.state_version)
        last = self._standing.get(key)
        if last is not None and last[1] == said:
            self._standing.move_to_end(key)
            self._count(last[0], now)
            return None
        return self._changed(key, said, state, question, now)

    async def _changed(self, key: Key, said: Said, state: LicenseState, question: Question, now: datetime) -> None:
        decision_id, stored = await self._changes.ask(_change(key, said, state, question, now))
        if not stored:
            self._count(decision_id, now)
        self._standing[key] = (decision_id, said)
        if len(self._standing) > REMEMBERED:
            self._standing.popitem(last=False)

    async def flush(self) -> None:
        """Write what was counted; on failure it is kept for the next time and the error goes on."""
        repeats, self._repeats = self._repeats, {}
        counts = {decision_id: (times, at.isoformat()) for decision_id, (times, at) in repeats.items()}
        try:
            if counts:
                await self._query(statements.COUNT_REPEATS, [json.dumps(counts)])
            repeats = {}
        finally:
            for decision_id, (times, at) in repeats.items():
                counted, last = self._repeats.get(decision_id, (0, at))
                self._repeats[decision_id] = (counted + times, max(last, at))

    def _count(self, decision_id: int, now: datetime) -> None:
        counted = self._repeats.get(decision_id)
        self._repeats[decision_id] = (counted[0] + 1 if counted else 1, now)

    async def _store(self, changes: Sequence[_Change]) -> list[tuple[int, bool]]:
        """Store what changed and return, for each, the row that stands and whether this change made it."""
        made: dict[int, tuple[int, bool]] = {}
        left = dict(enumerate(changes))
        while left:
            # Of equal questions one goes first: those with its verdict repeat it, another verdict comes after it.
            first: dict[tuple[str, str], int] = {}
            for place, change in left.items():
                first.setdefault((change.key[0], change.digest), place)
            stored = await self._query(
                statements.STORE_DECISIONS, [json.dumps([changes[place].row for place in first.values()])]
            )
            for license_id, digest, decision_id, fresh in stored:
                leader = first[license_id, digest]
                for place in [p for p, c in left.items() if _same(c, changes[leader])]:
                    made[place] = (decision_id, fresh and place == leader)
                    del left[place]
        return [made[place] for place in range(len(changes))]


def _same(one: _Change, other: _Change) -> bool:
    return (one.key[0], one.digest, one.said) == (other.key[0], other.digest, other.said)


def _change(key: Key, said: Said, state: LicenseState, question: Question, now: datetime) -> _Change:
    asked = as_json(question)
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    valid, code, state_version = said
    row = {
        "license_id": state.license_id,
        "organization_id": state.organization_id,
        "at": now.isoformat(),
        "valid": valid,
        "code": code,
        "question": asked,
        "digest": digest,
        "state": as_json(state),
        "state_version": state_version,
    }
    return _Change(key, said, digest, row)
