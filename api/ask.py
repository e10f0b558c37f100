"""Questions in plain words over HTTP, and their receipts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Request

from api.depends import CurrentActor, Now, Stores, StrictRoute
from api.once import Once
from api.schemas.ask import AskAnswer, AskQuestion, ReceiptAnswer
from core.ask import door
from core.databases import LOCK_SECONDS

router = APIRouter(prefix="/ai/query", tags=["Ask"], route_class=StrictRoute)


async def _raw_body(request: Request) -> bytes:
    return await request.body()


@router.post("", summary="Ask a question in plain words")
def ask(
    request: Request,
    actor: CurrentActor,
    databases: Stores,
    now: Now,
    body: AskQuestion,
    sent: Annotated[bytes, Depends(_raw_body)],
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255)] = None,
) -> AskAnswer:
    """Return the figures that were asked for, or a question back, or what is not understood, or why not.

    `outcome` is ANSWER, CLARIFY, ABSTAIN or REFUSE, all of them with status 200. A question that goes on from the last
    one gives its `conversationId`; to choose one of the `options` of CLARIFY, ask its label in the same conversation.
    At most 30 questions a minute and person.
    """

    def work() -> AskAnswer:
        return AskAnswer.of(door.ask(databases, actor, body.question, now=now, conversation_id=body.conversation_id))

    if idempotency_key is None:
        # No transaction of ours is open while a model thinks.
        return work()
    with databases.control.write(actor.tenancy(), lock_seconds=LOCK_SECONDS) as session:
        once = Once(session, f"{actor.kind}:{actor.id}", idempotency_key, request.url.path.encode() + sent, now)
        return once(AskAnswer, work)


@router.get("/{receiptId}", summary="Ask again what a receipt was answered with")
def receipt(
    actor: CurrentActor, databases: Stores, receipt_id: Annotated[UUID, Path(alias="receiptId")]
) -> ReceiptAnswer:
    """Run a question of one's own again as of the same instant, and say whether the rows came out the same."""
    return ReceiptAnswer.of(door.replay(databases, actor, receipt_id))
