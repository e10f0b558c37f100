"""A fortnight of the demo's security: sign-ins, guesses, nightly verifications, and the score of each day."""

from datetime import datetime, time, timedelta

from core.access.actor import Actor
from core.access.checkpoints import Checkpoints, audit_key, folder_of
from core.access.sealing import seal_waiting
from core.access.sessions import sign_in
from core.config import Settings
from core.databases import Databases
from core.security.reads import score_history
from core.security.writes import keep_score, verify_chains
from db.session import SYSTEM, WriteSession

# Days ago on which each of the house signed in.
SIGN_INS = {
    "fiona": (13, 9, 6, 2),
    "adam": (13, 10, 6, 3, 1),
    "sam": (12, 9, 5, 2, 1),
    "mia": (12, 8, 4, 1),
    "vera": (10, 3),
}
FIRST_VERIFIED = 12
# A weekend on which the machine was off at night, told by the score.
NOT_VERIFIED = frozenset({9, 8})
GUESSED_AT = (6, "sam@calos.test", "203.0.113.77")
GUESSES = 7
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36"


def build_security(databases: Databases, actor: Actor, settings: Settings, *, now: datetime) -> None:
    """Let the fortnight before `now` happen, once, through the product's own functions."""
    # What is verified has to be sealed, and committed before a checkpoint may witness it.
    checkpoints = Checkpoints(folder_of(settings.home), audit_key(settings.home))
    seal_waiting(lambda: databases.control.write(SYSTEM), checkpoints, now=now)
    with databases.control.write(SYSTEM) as session:
        if any(each.day < now.date() for each in score_history(session, actor, now=now)):
            return
        for ago in range(13, -1, -1):
            _day(session, actor, settings, ago, now)


def _day(session: WriteSession, actor: Actor, settings: Settings, ago: int, now: datetime) -> None:
    midnight = datetime.combine(now.date() - timedelta(days=ago), time(), now.tzinfo)
    if ago <= FIRST_VERIFIED and ago not in NOT_VERIFIED:
        verify_chains(session, actor, now=min(now, midnight + timedelta(hours=2)), settings=settings, demo=True)
    for place, (name, days) in enumerate(SIGN_INS.items()):
        if ago in days:
            at = midnight + timedelta(hours=8, minutes=7 * place + 3 * ago)
            _sign_in(session, settings, f"{name}@calos.test", settings.demo_password, f"10.20.0.{10 + place}", at)
    guessed, whom, address = GUESSED_AT
    if ago == guessed:
        for guess in range(GUESSES):
            at = midnight + timedelta(hours=22, minutes=4, seconds=9 * guess)
            _sign_in(session, settings, whom, f"Welcome{2020 + guess}!", address, at)
    keep_score(session, actor, now=min(now, midnight + timedelta(hours=23)), settings=settings, demo=True)


def _sign_in(session: WriteSession, settings: Settings, email: str, password: str, address: str, at: datetime) -> None:
    sign_in(
        session,
        email,
        password,
        now=at,
        address=address,
        user_agent=BROWSER,
        idle_minutes=settings.session_idle_minutes,
        hours=settings.session_hours,
    )
