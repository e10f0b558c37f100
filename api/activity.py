"""What happens, re-readable over HTTP by cursor: what a socket missed while it was away."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.depends import CurrentActor, Reading, StrictRoute
from api.schemas.trail import ActivityPage, EventRow
from core.announce import reads

router = APIRouter(prefix="/activity", tags=["Activity"], route_class=StrictRoute)


@router.get("", summary="Read what happens")
def activity(
    actor: CurrentActor,
    session: Reading,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$")] = None,
    limit: Annotated[int, Query(ge=1, le=reads.MOST)] = 50,
) -> ActivityPage:
    """Return the newest events, newest first; or, with a cursor, those told after it, oldest first.

    The cursor is the `id` of the last event heard, over a socket or here; `0` begins at the beginning. One's own
    organization's events; vendor staff get every customer's. An event may come twice; its `id` tells.
    """
    if cursor is None:
        # Read first: an event told in between comes again rather than never.
        following = reads.newest_cursor(session, actor)
        events = reads.latest(session, actor, limit)
    else:
        events = reads.since(session, actor, int(cursor), limit)
        following = events[-1].id if events else int(cursor)
    return ActivityPage(events=[EventRow.model_validate(event) for event in events], next_cursor=str(following))
