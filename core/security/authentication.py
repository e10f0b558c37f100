"""Checks of authentication: second factors, passwords, guessing and sessions."""

from typing import Final

from core.security.check import CRITICAL, HIGH, MEDIUM, Category, Check, Judged, counted, not_assessed, part
from core.security.observed import Observed

LONGEST_IDLE: Final = 60
LONGEST_HOURS: Final = 24
_NONE_YET: Final = (
    "This version of Calos has no second factor to offer: nobody here can set one up, and no setting brings these "
    "points back. They come with two-factor sign-in."
)


def _factor_of_the_powerful(seen: Observed) -> Judged:
    people = seen.people
    evidence = f"{people.powerful_with_factor} of {counted(people.powerful, 'owner or admin', 'owners and admins')}."
    if not seen.factor_offered:
        return Judged(0.0, "Owners and admins sign in by password alone.", evidence, _NONE_YET, beyond=True)
    return Judged(
        part(people.powerful_with_factor, people.powerful),
        f"{people.powerful_with_factor} of {people.powerful} owners and admins hold a second factor.",
        evidence,
        "Let each of them set one up under their name at the foot of the navigation.",
    )


def _factor_of_all(seen: Observed) -> Judged:
    people = seen.people
    evidence = f"{people.with_factor} of {counted(people.total, 'person', 'people')} who can sign in."
    if not seen.factor_offered:
        return Judged(0.0, "Everybody signs in by password alone.", evidence, _NONE_YET, beyond=True)
    return Judged(
        part(people.with_factor, people.total),
        f"{people.with_factor} of {people.total} people hold a second factor.",
        evidence,
        "Ask everybody to set one up; People shows who has not.",
    )


def _hashes(seen: Observed) -> Judged:
    people = seen.people
    left = people.total - people.argon2
    return Judged(
        part(people.argon2, people.total),
        "Every password is kept as an Argon2id hash."
        if not left
        else f"{counted(left, 'password is', 'passwords are')} still kept as bcrypt from an imported file.",
        f"{people.argon2} of {counted(people.total, 'stored hash', 'stored hashes')} begin with $argon2id$.",
        "They are raised when their owners sign in: ask them to, or disable the accounts in People.",
    )


def _rules(seen: Observed) -> Judged:
    rules = seen.rules
    held = [rules.refuses_short, rules.refuses_common, rules.accepts_plain_words and not rules.expires]
    harmful = not held[2]
    return Judged(
        part(sum(held), len(held)),
        "Composition rules or expiry are on: they make passwords worse (ASVS 5.0 V6.2.5 and V6.2.10, NIST 800-63B-4)."
        if harmful
        else "New passwords must be long and hard to guess, and nothing else is asked of them."
        if all(held)
        else "New passwords may be short or well known.",
        "Put to the rules just now: a short one, one from every leak, and a few plain words.",
        "Turn composition rules and expiry off; ask for length instead."
        if harmful
        else "Ask for at least 15 characters and check against well-known passwords.",
    )


def _published(seen: Observed) -> Judged:
    people = seen.people
    reach = "only from this machine" if seen.transport.only_here else "from other machines"
    return Judged(
        part(people.total - people.published, people.total),
        "No account has the password that the demo publishes."
        if not people.published
        else f"{counted(people.published, 'account has', 'accounts have')} the password that the demo publishes, "
        f"reachable {reach}.",
        f"The published password was tried on the demo's accounts: it opens {people.published} of "
        f"{people.total} that can sign in.",
        "Take the demo out with manage.py demo remove, or give its people passwords of their own "
        "(manage.py user password).",
    )


def _lockout(seen: Observed) -> Judged:
    guessing = seen.guessing
    evidence = (
        f"90 days of the audit trail: {counted(guessing.wrong, 'wrong password')}, {counted(guessing.locks, 'lock')}."
    )
    if guessing.unlocked:
        return Judged(
            0.0,
            f"{counted(guessing.unlocked, 'person was', 'people were')} guessed at ten times in an hour and not "
            "locked out.",
            evidence,
            "See Audit for session.refused, and report this: lock-out is not working.",
        )
    if not guessing.locks:
        return not_assessed(
            "Nobody has given five wrong passwords in a row in the last 90 days, so lock-out was not seen working.",
            "It is assessed once somebody was locked out; to see it, give a wrong password five times.",
            evidence,
        )
    return Judged(
        1.0,
        f"Guessing was stopped {counted(guessing.locks, 'time')} by a lock-out.",
        evidence,
    )


def _sessions(seen: Observed) -> Judged:
    sessions = seen.sessions
    bounded = [sessions.idle_minutes <= LONGEST_IDLE, sessions.hours <= LONGEST_HOURS]
    evidence = (
        f"Settings: {sessions.idle_minutes} min idle, {sessions.hours} h in all. {counted(sessions.seen, 'session')} "
        f"of the last 90 days, {sessions.overlong} of them open for longer than {LONGEST_IDLE} min idle or "
        f"{LONGEST_HOURS} h."
    )
    if not sessions.seen:
        return Judged(0.0, "No session was seen to end.", evidence, "Sign in: the first session shows its ends.")
    within = part(sessions.seen - sessions.overlong, sessions.seen)
    return Judged(
        part(sum(bounded), len(bounded)) * within,
        f"Sessions end after {sessions.idle_minutes} minutes without use and {sessions.hours} hours in any case.",
        evidence,
        f"Set CALOS_SESSION_IDLE_MINUTES to at most {LONGEST_IDLE} and CALOS_SESSION_HOURS to at most {LONGEST_HOURS}, "
        "and end older sessions in People.",
    )


CHECKS: Final = (
    Check(
        "second_factor_powerful",
        Category.AUTHENTICATION,
        "Owners and admins hold a second factor",
        CRITICAL,
        _factor_of_the_powerful,
        practice=2,
    ),
    Check("second_factor", Category.AUTHENTICATION, "Everybody holds a second factor", MEDIUM, _factor_of_all),
    Check("published_passwords", Category.AUTHENTICATION, "No account has a published password", CRITICAL, _published),
    Check("password_hashes", Category.AUTHENTICATION, "Passwords are kept as Argon2id", HIGH, _hashes),
    Check("password_rules", Category.AUTHENTICATION, "Passwords are long, and free of other rules", MEDIUM, _rules),
    Check("lockout", Category.AUTHENTICATION, "Guessing locks out", MEDIUM, _lockout),
    Check("sessions", Category.AUTHENTICATION, "Sessions end by themselves", MEDIUM, _sessions),
)
