"""Idempotency-Key: a retried POST gets the first answer again, and the work is done once."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Request
from nacl.secret import SecretBox
from pydantic import BaseModel
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from api.depends import CurrentActor, Now, Writing
from core.config import secret_for, settings
from core.errors import InvalidInput
from db.models.access import remembered_answer
from db.session import WriteSession

KEPT = timedelta(hours=24)
Shape = TypeVar("Shape", bound=BaseModel)


class Once:
    """Runs a route's work at most once per credential and key, within the transaction of the work itself.

    The row is inserted first: a second request with the same key waits on it until the first has committed, then
    finds the answer. Answers are encrypted, since one may hold a secret that is shown once.
    """

    def __init__(self, session: WriteSession, credential: str, key: str | None, request: bytes, now: datetime) -> None:
        self._session, self._credential, self._key, self._now = session, credential, key, now
        self._digest = hashlib.sha256(request).digest()
        self._box = SecretBox(secret_for(settings(), "remembered answers"))

    def __call__(self, shape: type[Shape], work: Callable[[], Shape]) -> Shape:
        """Return the remembered answer as `shape`, or do the work and remember its answer."""
        if self._key is None:
            return work()
        if not self._claim():
            return shape.model_validate(self._remembered())
        answer = work()
        self._keep(answer.model_dump(mode="json", by_alias=True))
        return answer

    def _claim(self) -> bool:
        row = {
            "credential": self._credential,
            "idempotency_key": self._key,
            "request_digest": self._digest,
            "body": b"",
            "at": self._now,
        }
        mine = insert(remembered_answer).values(row).on_conflict_do_nothing().returning(remembered_answer.c.at)
        # An insert's rowcount is not told by the driver; a returned row is.
        return self._session.execute(mine).one_or_none() is not None

    def _remembered(self) -> Any:
        mine = (remembered_answer.c.credential == self._credential) & (remembered_answer.c.idempotency_key == self._key)
        kept = self._session.execute(
            select(remembered_answer.c.request_digest, remembered_answer.c.body).where(mine)
        ).one()
        if bytes(kept.request_digest) != self._digest:
            raise InvalidInput(
                "This Idempotency-Key was used for a different request; use a new key for new work.",
                code="idempotency_key_reused",
            )
        return json.loads(self._box.decrypt(bytes(kept.body)))

    def _keep(self, body: Any) -> None:
        mine = (remembered_answer.c.credential == self._credential) & (remembered_answer.c.idempotency_key == self._key)
        sealed = bytes(self._box.encrypt(json.dumps(body).encode()))
        self._session.execute(update(remembered_answer).where(mine).values(body=sealed))


async def _raw_body(request: Request) -> bytes:
    return await request.body()


def _once(
    request: Request,
    actor: CurrentActor,
    session: Writing,
    now: Now,
    body: Annotated[bytes, Depends(_raw_body)],
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255)] = None,
) -> Once:
    return Once(session, f"{actor.kind}:{actor.id}", idempotency_key, request.url.path.encode() + body, now)


Idempotent = Annotated[Once, Depends(_once)]


def forget_old_answers(session: WriteSession, *, now: datetime) -> int:
    """Delete answers older than a day and return how many; a job calls this."""
    old = remembered_answer.c.at < now - KEPT
    return session.execute(delete(remembered_answer).where(old)).rowcount
