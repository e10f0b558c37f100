"""The account of a move: what the export says against what the tables say afterwards, each difference named."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from core.imports.keygen.plan import Difference, Plan
from core.imports.keygen.reads import grants, installations, statuses
from db.session import ReadSession

# Theirs, as ours is called; of these two alone says who let them in and who did not check in.
_AS_OURS = {"BANNED": "suspended"}


@dataclass(frozen=True)
class Line:
    """One count: what the export holds, what was refused, and what stands here now."""

    what: str
    exported: int
    refused: int
    here: int

    @property
    def agrees(self) -> bool:
        """Whether everything that was not refused is here."""
        return self.exported - self.refused == self.here


@dataclass(frozen=True)
class Account:
    """The counts, and every license whose status here is another than it was there."""

    lines: tuple[Line, ...]
    other_status: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        """Whether every count agrees."""
        return all(line.agrees for line in self.lines)


def reconcile(session: ReadSession, plan: Plan, *, now: datetime) -> Account:
    """Count what is here of a whole plan, also of what came with an earlier run."""
    ours = statuses(session, [one.install_id for one in plan.licenses], now=now)
    refused = Counter(one.kind for one in plan.differences if one.verdict == "refused")
    here = [one for one in plan.licenses if one.install_id in ours]
    lost = [one for one in plan.differences if one.verdict == "refused" and one.kind == "licenses"]
    without_home = plan.read["machines"] - refused["machines"] - sum(len(one.machines) for one in plan.licenses)
    granted = sum(len(one.policy.entitlements) for one in plan.licenses)
    installs = [one.install_id for one in plan.licenses]
    return Account(
        (
            Line("licenses", plan.read["licenses"], len(lost), len(here)),
            # What was installed under a refused license is refused with it.
            Line(
                "installations",
                plan.read["machines"],
                refused["machines"] + without_home,
                installations(session, installs),
            ),
            Line("entitlements granted", granted, 0, grants(session, installs)),
        ),
        tuple(_other_statuses(plan, ours)),
    )


def _other_statuses(plan: Plan, ours: dict[str, str]) -> Iterator[Difference]:
    for one in plan.licenses:
        theirs, mine = _AS_OURS.get(one.status, one.status.lower()), ours.get(one.install_id)
        if mine is not None and theirs and theirs != mine:
            yield Difference("changed", "licenses", one.id, f"It was {theirs} there and is {mine} here.")
