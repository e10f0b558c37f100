"""The culture in sentences a person says, each with the facts it stands on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.culture.estimate import Abstention, Estimate, known, value_of
from core.culture.features import ZERO_IS_EVIDENCE, FeatureUse
from core.culture.health_rules import LEAST_TEAM_FOR_CHAMPION
from core.culture.picture import Picture
from core.culture.rhythm import WorkingHours, spoken_days
from core.culture.said import percent, signed_percent
from core.culture.trend import shown_change
from core.culture.upsell_features import is_heavy
from core.usage.consumption import highest_share
from core.usage.limits import WARN_SHARE

WINDOW = "28 d"
FEW_ERRORS = 0.02
MANY_ERRORS = 0.05
# What is proven and small need not be said.
LEAST_CHANGE = 0.05


@dataclass(frozen=True)
class Fact:
    """One number under a sentence, as it is shown, with its n and window."""

    label: str
    value: str
    n: int
    window: str


@dataclass(frozen=True)
class Sentence:
    """A sentence about one topic, with its facts."""

    text: str
    topic: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Unsaid:
    """What can't be said, and why."""

    subject: str
    reason: str
    n: int


def describe(picture: Picture) -> tuple[Sentence, ...]:
    """Return the sentences, the headline first, then the most telling."""
    if picture.observed.first_event_at is None:
        told = "No telemetry has arrived yet, so nothing can be said of how they work."
        return (Sentence(told, "none", (Fact("Events", "0", 0, "all time"),)),)
    return tuple(sentence for write in WRITERS if (sentence := write(picture)) is not None)


def unsaid(picture: Picture) -> tuple[Unsaid, ...]:
    """Return every reading that abstained, in the order of the page."""
    if picture.observed.first_event_at is None:
        todo = (
            "no event has arrived: set CALOS_INSTALL_ID and CALOS_INSTALL_SECRET at the customer's and restart it, or "
            "write some with manage.py telemetry sample"
        )
        return (Unsaid("Everything", todo, 0),)
    if picture.events == 0:
        last = (
            f"no event has arrived for {picture.engagement.days_since_last:.0f} days: see whether the installation runs"
        )
        return (Unsaid("The last 28 days", last, 0),)
    lifts = [item.lift for item in picture.features.items]
    figures: list[tuple[str, object]] = [
        ("Features against peers", lifts[0] if lifts else None),
        ("Feature breadth", picture.features.breadth),
        ("Working hours", picture.rhythm.hours),
        ("Time zone", picture.rhythm.zone.offset if picture.rhythm.zone.basis == "utc" else None),
        ("Session length", picture.sessions.median_minutes),
        ("Stickiness", picture.engagement.stickiness),
        ("Trend", picture.trend.change),
        ("Error rate", picture.reliability.error_rate),
        ("Latency", picture.reliability.p95_ms),
        ("Team size", picture.team.size),
        ("Bots", picture.stack.bots_share),
    ]
    said = [Unsaid(name, figure.reason, figure.n) for name, figure in figures if isinstance(figure, Abstention)]
    if picture.events < ZERO_IS_EVIDENCE and picture.untouched:
        reason = f"needs {ZERO_IS_EVIDENCE} events before silence means disinterest, has {picture.events:,}"
        said.append(Unsaid("Features nobody wants", reason, picture.events))
    return tuple(said)


def _features(picture: Picture) -> Sentence:
    used = [item for item in picture.features.items if item.state in {"habitual", "adopted", "tried"} and item.events]
    never = picture.untouched
    heavy = [item for item in used if is_heavy(item)]
    facts = [_share(item) for item in (heavy or used)[:3]]
    if picture.events == 0:
        silence = f"{picture.engagement.days_since_last:.0f} days"
        return Sentence(
            f"Has sent nothing for {silence}.", "features", (Fact("Last event", f"{silence} ago", 1, "all time"),)
        )
    if not used:
        rate = f"{picture.events_per_day:.0f} events a day, none of which names a feature."
        return Sentence(f"Sends {rate}", "features", (Fact("Events", f"{picture.events:,}", picture.events, WINDOW),))
    if heavy and never and picture.events >= ZERO_IS_EVIDENCE:
        facts += [Fact(f"{item.label}: events", "none", picture.events, "all time") for item in never]
        named = _listed([item.label for item in heavy[:2]])
        return Sentence(
            f"Uses {named} heavily but never touches {_listed([n.label for n in never], 'or')}.",
            "features",
            tuple(facts),
        )
    verb = "Uses" if heavy else "Now and then uses"
    named = _listed([item.label for item in (heavy or used)[:3]])
    count = (
        f", {picture.features.adopted} of {picture.features.entitled} features adopted"
        if picture.features.entitled
        else ""
    )
    return Sentence(f"{verb} {named}{count}.", "features", tuple(facts))


def _work(picture: Picture) -> Sentence | None:
    """Say “Peak usage Mon–Fri 9–17 (UTC), low errors, 8-person team.”, as far as each part is known."""
    parts, facts = [], []
    hours, errors, team = picture.rhythm.hours, picture.reliability.error_rate, picture.team
    if isinstance(hours, WorkingHours):
        parts.append(f"Peak usage {picture.rhythm.label}")
        facts.append(Fact("Activity of the working days in these hours", percent(hours.share), hours.n, "84 d"))
    elif picture.rhythm.withheld and picture.rhythm.day_length is not None:
        parts.append(f"Works {spoken_days(picture.rhythm.days)}")
        facts.append(Fact("Working days", spoken_days(picture.rhythm.days), hours.n, "84 d"))
    elif value_of(picture.rhythm.concentration) is not None:
        parts.append("Active round the clock")
        facts.append(Fact("Resultant length R", f"{value_of(picture.rhythm.concentration):.2f}", hours.n, "84 d"))
    if known(errors):
        parts.append(_errors(errors))
        facts.append(Fact("Failed events", percent(errors.value, 1), errors.n, WINDOW))
    if team.seen or known(team.size):
        parts.append(_team(picture))
        facts.append(Fact("People seen", str(team.seen), team.seen, WINDOW))
    if not parts:
        return None
    told = ", ".join(parts)
    return Sentence(f"{told[:1].upper()}{told[1:]}.", "rhythm", tuple(facts))


def _limit(picture: Picture) -> Sentence | None:
    nearest = highest_share([row for row in picture.usage if row.meter != "members"])
    if nearest is None or nearest.share is None or nearest.highest is None or nearest.share < WARN_SHARE:
        return None
    rate = f", {round(picture.events_per_day):,} events a day"
    used = f"{percent(nearest.share)} of the limit of {nearest.label}"
    told = f"Using {used} on the {picture.account.tier.label} tier{rate}."
    fact = Fact(nearest.label, f"{nearest.busy:,} of {nearest.highest:,}", nearest.n, "28 d, busy day")
    return Sentence(
        told,
        "limits",
        (fact, Fact("Events", f"{picture.events_per_day:.0f} a day", picture.events, WINDOW)),
    )


def _movement(picture: Picture) -> Sentence | None:
    change, figure = shown_change(picture.trend.change) or 0.0, picture.trend.change
    if abs(change) < LEAST_CHANGE or not known(figure) or figure.low is None or figure.high is None:
        return None
    verb = "grows" if change > 0 else "falls"
    told = f"Use {verb} by at least {percent(abs(change))} every four weeks."
    span = f"{signed_percent(figure.low)} to {signed_percent(figure.high)}"
    return Sentence(told, "trend", (Fact("Change per four weeks", span, figure.n, f"{figure.n} weeks"),))


def _changed(picture: Picture) -> Sentence | None:
    if not picture.changes.points:
        return None
    point, window = picture.changes.points[0], f"{picture.changes.weeks} weeks"
    effect = point.effect
    spread = f"×{effect.value:.2g} ({effect.low or 0:.2g} to {effect.high or 0:.2g})"
    facts = [
        Fact("New over old level", spread, effect.n, window),
        Fact("Shuffled as far apart", f"p {point.p:.3f}", effect.n, window),
    ]
    if point.chance is not None:
        facts.append(Fact("Near something by accident", percent(point.chance), len(point.matches), window))
    return Sentence(point.sentence, "change", tuple(facts))


def _refused(picture: Picture) -> Sentence | None:
    wanted = [item for item in picture.features.items if item.denied_actors and not item.entitled]
    if not wanted:
        return None
    named = _listed([item.label for item in wanted])
    told = f"Reaches for {named}, which the {picture.account.tier.label} tier does not include."
    facts = tuple(
        Fact(f"{item.label}: people refused", str(item.denied_actors), item.denied_actors, WINDOW) for item in wanted
    )
    return Sentence(told, "refusals", facts)


def _champion(picture: Picture) -> Sentence | None:
    champion = picture.champion
    if champion is None or champion.people < LEAST_TEAM_FOR_CHAMPION or champion.share <= 0.5:
        return None
    told = f"One of {champion.people} people does {percent(champion.share)} of the work"
    silent = f" and has been silent for {champion.days_silent:.0f} days" if champion.days_silent >= 7 else ""
    fact = Fact("Share of the busiest", percent(champion.share), champion.people, WINDOW)
    return Sentence(f"{told}{silent}.", "team", (fact,))


def _presence(picture: Picture) -> Sentence | None:
    sessions, median = picture.sessions, picture.sessions.median_minutes
    if not known(median):
        return None
    told = f"A session usually lasts {median.value:.0f} minutes; {sessions.count:,} of them in 28 days."
    p90 = value_of(sessions.p90_minutes)
    longest = f"{p90:.0f} min" if p90 is not None else "—"
    facts = (
        Fact("Median session", f"{median.value:.0f} min", median.n, WINDOW),
        Fact("Longest tenth from", longest, median.n, WINDOW),
    )
    return Sentence(told, "sessions", facts)


def _against_peers(picture: Picture) -> Sentence | None:
    odd = [item for item in picture.features.items if item.stands_out == "above"]
    if not odd:
        return None
    told = f"Uses {_listed([item.label for item in odd])} more than customers of the same tier do."
    facts = [
        Fact(f"{item.label}: against peers", f"×{item.lift.value:.1f}", picture.peers.accounts, picture.peers.basis)
        for item in odd
        if known(item.lift)
    ]
    return Sentence(told, "peers", tuple(facts))


def _stack(picture: Picture) -> Sentence | None:
    if not picture.stack.clients:
        return None
    facts = [
        Fact(part.name, f"{part.events:,} events", picture.stack.agents_n, WINDOW) for part in picture.stack.clients
    ]
    return Sentence(f"Works with {picture.stack.sentence}", "stack", tuple(facts))


def _share(item: FeatureUse) -> Fact:
    share = percent(item.share.value) if known(item.share) else "—"
    return Fact(f"{item.label}: share of active person-days", share, item.share.n, WINDOW)


def _errors(errors: Estimate) -> str:
    if (errors.low or 0.0) > MANY_ERRORS:
        return f"many errors ({percent(errors.value)})"
    return "low errors" if errors.value <= FEW_ERRORS else f"{percent(errors.value, 1)} errors"


def _team(picture: Picture) -> str:
    team = picture.team
    if team.at_least:
        return f"a team of {team.seen or team.peak_concurrency} or more"
    return f"{round(value_of(team.size) or team.seen)}-person team"


def _listed(names: Sequence[str], word: str = "and") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


WRITERS: tuple[Callable[[Picture], Sentence | None], ...] = (
    _features,
    _work,
    _limit,
    _changed,
    _refused,
    _movement,
    _champion,
    _against_peers,
    _presence,
    _stack,
)
