"""The policy of a license: the rules beyond its tier's, checked when they are set."""

import re
from dataclasses import dataclass, fields, replace
from typing import Final, Literal, get_args

from core.errors import InvalidInput
from core.licensing import hosts, versions

ExpiryStrategy = Literal["restrict", "maintain", "allow"]
Overage = Literal["deny", "allow", "1.25x", "1.5x", "2x"]
HIGHEST: Final = 1_000_000
MOST_NAMES: Final = 100
LONGEST_INTERVAL: Final = 365
SHORTEST_HEARTBEAT: Final = 60
LONGEST_HEARTBEAT: Final = 86_400
# Days of the intervals that have a name.
INTERVALS: Final = {"day": 1, "week": 7, "month": 30, "year": 365}
# How much of what was sold may be in use: as a fraction, since a limit is a whole number and money may depend on it.
_FACTORS: Final = {"deny": (1, 1), "1.25x": (5, 4), "1.5x": (3, 2), "2x": (2, 1)}
_ENTITLEMENT = re.compile(r"[a-z][a-z0-9_.:-]{0,79}")


@dataclass(frozen=True)
class Policy:
    """None is no rule, or the tier's own (`max_installs`).

    Domains are exact or `*.` patterns; `check_in_days` is how long an installation may stay silent; `entitlements`
    come on top of the tier's; `versions` is a range such as `>=2.0, <3`; `seat_heartbeat_seconds` is how long a seat
    stays taken after its holder was last heard of.
    """

    max_installs: int | None = None
    max_seats: int | None = None
    domains: tuple[str, ...] = ()
    fingerprint_required: bool = False
    check_in_days: int | None = None
    expiry_strategy: ExpiryStrategy = "restrict"
    overage: Overage = "deny"
    entitlements: tuple[str, ...] = ()
    versions: str | None = None
    seat_heartbeat_seconds: int = 600


FIELDS: Final = tuple(field.name for field in fields(Policy))


def ceiling(highest: int, overage: str) -> int | None:
    """Return how many may be in use where `highest` are sold: rounded down, None without bound.

    3 with `1.25x` stay 3: an overage is never more than what was agreed.
    """
    if overage not in _FACTORS:
        return None
    over, under = _FACTORS[overage]
    return highest * over // under


def interval_days(given: int | str | None, *, field: str = "checkInInterval") -> int | None:
    """Return the days of an interval, which is a number of them or day, week, month (30 days) or year (365)."""
    if given is None or (isinstance(given, int) and 1 <= given <= LONGEST_INTERVAL):
        return given
    if isinstance(given, str) and given.strip().lower() in INTERVALS:
        return INTERVALS[given.strip().lower()]
    words = ", ".join(INTERVALS)
    raise InvalidInput(f"Give an interval as one of {words}, or as 1 to {LONGEST_INTERVAL} days.", field=field)


def checked(policy: Policy, *, max_domains: int | None) -> Policy:
    """Return the policy with its domains normalized, or raise InvalidInput; `max_domains` is the tier's limit."""
    _bounded("maxInstalls", policy.max_installs, HIGHEST)
    _bounded("maxSeats", policy.max_seats, HIGHEST)
    interval_days(policy.check_in_days)
    if not SHORTEST_HEARTBEAT <= policy.seat_heartbeat_seconds <= LONGEST_HEARTBEAT:
        bounds = f"{SHORTEST_HEARTBEAT} to {LONGEST_HEARTBEAT:,}"
        raise InvalidInput(f"A seat stays taken for {bounds} seconds after a heartbeat.", field="seatHeartbeatSeconds")
    if policy.expiry_strategy not in get_args(ExpiryStrategy):
        raise InvalidInput("The expiry strategy is restrict, maintain or allow.", field="expiryStrategy")
    if policy.overage not in get_args(Overage):
        raise InvalidInput(f"Overage is one of {', '.join(get_args(Overage))}.", field="overage")
    for name in policy.entitlements[: MOST_NAMES + 1]:
        if not _ENTITLEMENT.fullmatch(name) or len(policy.entitlements) > MOST_NAMES:
            raise InvalidInput(
                f"“{name[:80]}” cannot be an entitlement: at most {MOST_NAMES} names of small letters, digits and _.:-",
                field="entitlements",
            )
    domains = tuple(dict.fromkeys(hosts.checked(pattern) for pattern in policy.domains))
    if len(domains) > (MOST_NAMES if max_domains is None else max_domains):
        raise InvalidInput(
            f"This tier covers {MOST_NAMES if max_domains is None else max_domains} domains; {len(domains)} are given.",
            field="domains",
        )
    entitlements = tuple(dict.fromkeys(policy.entitlements))
    allowed = versions.checked(policy.versions) if policy.versions else None
    return replace(policy, domains=domains, entitlements=entitlements, versions=allowed)


def _bounded(field: str, value: int | None, highest: int) -> None:
    if value is not None and not 1 <= value <= highest:
        raise InvalidInput(f"Give {field} from 1 to {highest:,}, or leave it out.", field=field)
