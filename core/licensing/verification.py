"""Verification: ordered checks that turn what is asked and what is known into a verdict; their order is the rule."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from core.licensing import hosts, versions
from core.licensing.policy import ceiling
from core.licensing.verdicts import Code, LicenseState, Question, Verdict

EXPIRING_WITHIN: Final = timedelta(days=3)
ASK_AGAIN: Final = timedelta(hours=24)
# After a no that somebody may mend at any moment.
ASK_AGAIN_SOON: Final = timedelta(hours=1)
CONCLUSIVE: Final = frozenset({Code.NOT_FOUND, Code.REVOKED})

Finding = Callable[[LicenseState, Question, datetime], str | None]
Excess = Callable[[LicenseState, Question], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Check:
    """One reason: `when` in words for the table, `find` returns the sentence for the customer, or None.

    `excess` returns what would be in use and what was sold, where the license's overage decides whether that is valid.
    """

    code: Code
    valid: Literal["no", "yes", "within its overage"]
    when: str
    find: Finding
    excess: Excess | None = None

    def tolerates(self, state: LicenseState, question: Question) -> bool:
        """Whether the license is valid all the same, once this was found."""
        if self.excess is None:
            return self.valid == "yes"
        used, sold = self.excess(state, question)
        highest = ceiling(sold, state.overage)
        return highest is None or used <= highest


def _revoked(state: LicenseState, _question: Question, _now: datetime) -> str | None:
    if state.revoked_at is None:
        return None
    return f"This license was revoked on {_day(state.revoked_at)}. Ask the vendor for a new one."


def _suspended(state: LicenseState, _question: Question, _now: datetime) -> str | None:
    if state.suspended_at is None:
        return None
    return f"This license has been suspended since {_day(state.suspended_at)}. The vendor can resume it."


def _not_started(state: LicenseState, _question: Question, now: datetime) -> str | None:
    if state.starts_at <= now:
        return None
    return f"This license begins on {_day(state.starts_at)}."


def _past_expiry(state: LicenseState, now: datetime) -> datetime | None:
    return state.expires_at if state.expires_at is not None and state.expires_at <= now else None


def _expired_restricted(state: LicenseState, question: Question, now: datetime) -> str | None:
    expired = _past_expiry(state, now)
    if expired is None or state.expiry_strategy == "allow":
        return None
    new = question.installation is not None and not state.activated
    if state.expiry_strategy == "maintain" and not new:
        return None
    return f"This license expired on {_day(expired)}. Renew it to go on."


def _overdue(state: LicenseState, question: Question, now: datetime) -> str | None:
    # Who proves the secret is checking in with this very question.
    if state.check_in_days is None or question.authenticated:
        return None
    due = (state.last_check_in_at or state.starts_at) + timedelta(days=state.check_in_days)
    if now <= due:
        return None
    return f"A check-in was due by {_day(due)}. Verify with the install secret to check in."


def _fingerprint_mismatch(state: LicenseState, question: Question, _now: datetime) -> str | None:
    if not state.fingerprint_required:
        return None
    if not question.fingerprint:
        return "This license is bound to machines. Send the fingerprint of this one."
    if state.activated or question.authenticated:
        return None
    return "This machine is not activated. Verify once with the install secret to activate it."


def _domain_not_allowed(state: LicenseState, question: Question, _now: datetime) -> str | None:
    if not state.domains or question.domain is None or hosts.covers(state.domains, question.domain):
        return None
    return f"This license does not cover {question.domain}. Ask the vendor to add the domain."


def _version_not_allowed(state: LicenseState, question: Question, _now: datetime) -> str | None:
    if state.versions is None or question.version is None or versions.allows(state.versions, question.version):
        return None
    return f"This license covers versions {state.versions}, not {question.version}."


def _entitlement_missing(state: LicenseState, question: Question, _now: datetime) -> str | None:
    missing = [name for name in question.entitlements if name not in state.entitlements]
    return f"This license does not include {', '.join(missing[:5])}." if missing else None


def _too_many_installs(state: LicenseState, question: Question, _now: datetime) -> str | None:
    if state.activated or question.installation is None or state.max_installs is None:
        return None
    if (state.installs or 0) < state.max_installs:
        return None
    return f"All {state.max_installs} installations of this license are taken. Retire one, or ask for more."


def _installs(state: LicenseState, _question: Question) -> tuple[int, int]:
    # The installation that asks comes on top of those there are.
    return (state.installs or 0) + 1, state.max_installs or 0


def _too_many_seats(state: LicenseState, question: Question, _now: datetime) -> str | None:
    used = _seats_used(state, question)
    if state.max_seats is None or used <= state.max_seats:
        return None
    return f"{used} seats are in use and this license has {state.max_seats}. Free some, or ask for more."


def _seats(state: LicenseState, question: Question) -> tuple[int, int]:
    return _seats_used(state, question), state.max_seats or 0


def _seats_used(state: LicenseState, question: Question) -> int:
    # Both count the same people, each in its way: added up, whoever is in both would sit on two seats.
    return max(question.seats or 0, state.leases or 0)


def _expired_tolerated(state: LicenseState, _question: Question, now: datetime) -> str | None:
    expired = _past_expiry(state, now)
    return f"This license expired on {_day(expired)} and keeps running; renew it." if expired else None


def _expiring(state: LicenseState, _question: Question, now: datetime) -> str | None:
    if state.expires_at is None or state.expires_at - now > EXPIRING_WITHIN:
        return None
    return f"This license expires on {_day(state.expires_at)}. Renew it to go on after that."


def _valid(_state: LicenseState, _question: Question, _now: datetime) -> str | None:
    return "This license is valid."


CHECKS: Final[tuple[Check, ...]] = (
    Check(Code.REVOKED, "no", "we took the license back", _revoked),
    Check(Code.SUSPENDED, "no", "we stopped it for now", _suspended),
    Check(Code.NOT_STARTED, "no", "its first day is still to come", _not_started),
    Check(
        Code.EXPIRED,
        "no",
        "it has expired and its expiry strategy is `restrict`; with `maintain`, for an installation that is new",
        _expired_restricted,
    ),
    Check(
        Code.OVERDUE,
        "no",
        "its check-in interval has passed without a check-in, and this question, without the secret, is none",
        _overdue,
    ),
    Check(
        Code.FINGERPRINT_MISMATCH,
        "no",
        "it is bound to fingerprints and none is sent, or, without the secret, one that is not activated",
        _fingerprint_mismatch,
    ),
    Check(Code.DOMAIN_NOT_ALLOWED, "no", "the domain sent is not among its domains", _domain_not_allowed),
    Check(Code.VERSION_NOT_ALLOWED, "no", "the version sent lies outside its range", _version_not_allowed),
    Check(
        Code.ENTITLEMENT_MISSING,
        "no",
        "an entitlement asked for is granted neither by its tier nor by itself",
        _entitlement_missing,
    ),
    Check(
        Code.TOO_MANY_INSTALLS,
        "within its overage",
        "the installation that asks is new and every place is taken",
        _too_many_installs,
        _installs,
    ),
    Check(
        Code.TOO_MANY_SEATS,
        "within its overage",
        "more seats are in use than it has: as the question says, or on lease, whichever is more",
        _too_many_seats,
        _seats,
    ),
    Check(Code.EXPIRED, "yes", "it has expired and its strategy is `maintain` or `allow`", _expired_tolerated),
    Check(Code.EXPIRING, "yes", "it expires within 3 days", _expiring),
    Check(Code.VALID, "yes", "nothing above applies", _valid),
)


def decide(state: LicenseState | None, question: Question, now: datetime) -> Verdict:
    """Return the verdict of the first check that says no, else of the first that finds something; no state: NOT_FOUND.

    What is within an overage ends nothing: else too many installations, tolerated, would hide too many seats, which
    are not.
    """
    if state is None:
        detail = "There is no license with this install id. Check it for a typing mistake."
        return Verdict(False, Code.NOT_FOUND, detail, now + ASK_AGAIN)
    first: tuple[Code, str] | None = None
    for check in CHECKS:
        found = check.find(state, question, now)
        if found is None:
            continue
        if not check.tolerates(state, question):
            return Verdict(False, check.code, found, _check_again_at(state, check.code, False, now))
        first = first or (check.code, found)
        if check.valid == "yes":
            break
    if first is None:
        raise AssertionError("the last check always finds something")
    code, said = first
    return Verdict(True, code, said, _check_again_at(state, code, True, now))


def _check_again_at(state: LicenseState, code: Code, valid: bool, now: datetime) -> datetime:
    """Return when the answer may have become another: in a day, in an hour after a no, or at a date before that."""
    if code in CONCLUSIVE:
        return now + ASK_AGAIN
    at = now + (ASK_AGAIN if valid or code is Code.NOT_STARTED else ASK_AGAIN_SOON)
    for date in (state.starts_at, state.expires_at):
        if date is not None and now < date < at:
            at = date
    return at


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def table() -> str:
    """Return the checks as a Markdown table, as docs/licensing.md shows them."""
    rows = [("NOT_FOUND", "no", "there is no license with this install id")]
    rows += [(check.code.value, check.valid, check.when) for check in CHECKS]
    place = next(n for n, row in enumerate(rows) if row[0] == Code.EXPIRED)
    rows.insert(
        place, (Code.CLOCK_TAMPERED.value, "no", "a client saw its clock run backwards; never sent by this door")
    )
    lines = [f"| {n} | `{code}` | {valid} | {when} |" for n, (code, valid, when) in enumerate(rows, 1)]
    return "\n".join(["| # | code | valid | when |", "|---|---|---|---|", *lines, ""])
