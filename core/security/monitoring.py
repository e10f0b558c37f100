"""Checks of monitoring and audit: the chain verified, sealed and witnessed, and somebody who looks at it."""

from datetime import timedelta
from typing import Final

from core.security.check import CRITICAL, MEDIUM, Category, Check, Judged, counted, not_assessed, part
from core.security.observed import Observed

FRESH: Final = timedelta(hours=24)
STALE: Final = timedelta(days=7)
SEALED_WITHIN_SECONDS: Final = 60
# The sealer writes one every hundred entries, or a minute after the last.
CHECKPOINT_EVERY: Final = 100
MONTH: Final = timedelta(days=31)


def _chain(seen: Observed) -> Judged:
    verified = seen.trail.verified
    remedy = "Open Audit and choose “Verify everything now”; while Calos runs it does so every day by itself."
    if verified is None:
        return Judged(0.0, "The audit trail has never been verified.", "No verification is on record.", remedy)
    evidence = (
        f"{counted(verified.entries, 'entry', 'entries')} of {counted(verified.organizations, 'chain')} and "
        f"{counted(verified.checkpoints, 'checkpoint')} verified by {verified.by}, {verified.at:%Y-%m-%d %H:%M} UTC."
    )
    if not verified.intact:
        return Judged(0.0, verified.sentence, evidence, "Run: python manage.py audit verify, and keep the evidence.")
    if not verified.entries:
        return Judged(0.0, "The last verification found no sealed entry.", evidence, remedy)
    age = seen.at - verified.at
    share = 1.0 if age <= FRESH else 0.5 if age <= STALE else 0.0
    late = "" if share == 1 else f", but last looked at {counted(age.days, 'day')} ago"
    return Judged(share, f"The audit trail is whole{late}.", evidence, remedy)


def _sealing(seen: Observed) -> Judged:
    trail = seen.trail
    if not trail.sealed and not trail.waiting:
        return not_assessed("The audit trail is empty.", "It is assessed from the first entry on.")
    late = trail.waiting > 0 and trail.waiting_seconds > SEALED_WITHIN_SECONDS
    return Judged(
        0.0 if late else 1.0,
        f"{counted(trail.waiting, 'entry waits', 'entries wait')} unsealed for {trail.waiting_seconds // 60} minutes."
        if late
        else "Entries are sealed within a minute.",
        f"{counted(trail.sealed, 'entry', 'entries')} sealed, {trail.waiting} waiting.",
        "See that a Calos with CALOS_WORKER=1 runs, and read its log for “seal the audit trail”.",
    )


def _checkpoints(seen: Observed) -> Judged:
    trail = seen.trail
    if not trail.sealed and not trail.waiting:
        return not_assessed("The audit trail is empty.", "It is assessed from the first entry on.")
    remedy = "See that CALOS_HOME/checkpoints can be written, and keep copies of it away from the database."
    if trail.checkpoint is None:
        return Judged(
            0.0, "No signed checkpoint lies outside the database.", f"{trail.sealed} entries, no checkpoint.", remedy
        )
    behind = trail.sealed - trail.checkpoint
    return Judged(
        1.0 if behind <= CHECKPOINT_EVERY else 0.0,
        f"Signed checkpoints outside the database reach to {counted(behind, 'entry', 'entries')} from the end.",
        f"Last genuine checkpoint: entry {trail.checkpoint:,} of {trail.sealed:,} of the vendor's chain.",
        remedy,
    )


def _review(seen: Observed) -> Judged:
    remedy = "Go through this page and Audit, mend what can be mended, then choose “Sign this month's review”."
    if seen.review is None:
        return Judged(0.0, "Nobody has signed a review of security.", "No review is on record.", remedy)
    age = seen.at - seen.review.at
    return Judged(
        1.0 if age <= MONTH else 0.5 if age <= 2 * MONTH else 0.0,
        f"{seen.review.by} signed the last review {counted(max(0, age.days), 'day')} ago.",
        f"Audit entry security.reviewed, {seen.review.at:%Y-%m-%d %H:%M} UTC; due every {MONTH.days} days.",
        remedy,
    )


def _unusual(seen: Observed) -> Judged:
    if not seen.trail.entries:
        return not_assessed(
            "The audit trail of the last 30 days is empty.", "It is assessed once something has happened here."
        )
    after = [one for one in seen.unusual if seen.review is None or one.at > seen.review.at]
    counts = f"{counted(len(seen.unusual), 'unusual event')} in {counted(seen.trail.entries, 'entry', 'entries')}"
    return Judged(
        1.0 if not seen.unusual else part(len(seen.unusual) - len(after), len(seen.unusual)),
        "Nothing unusual waits to be looked at." if not after else f"Not looked at yet: {after[0].words}",
        f"{counts} of the last 30 days; looked at means: before the last signed review.",
        "Open Audit, look at what was unusual, then sign the review on this page.",
    )


CHECKS: Final = (
    Check("chain_verified", Category.MONITORING, "The audit trail is verified daily", CRITICAL, _chain),
    Check("sealing", Category.MONITORING, "Audit entries are sealed at once", MEDIUM, _sealing),
    Check("checkpoints", Category.MONITORING, "Checkpoints lie outside the database", MEDIUM, _checkpoints),
    Check("review", Category.MONITORING, "Somebody reviews security every month", MEDIUM, _review, practice=3),
    Check("unusual", Category.MONITORING, "What is unusual is looked at", MEDIUM, _unusual, practice=5),
)
