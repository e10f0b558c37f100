"""The policy of a license: the rules beyond its tier's, checked when they are set."""

import re
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from core.errors import InvalidInput
from core.licensing import hosts, versions

ExpiryStrategy = Literal["restrict", "maintain", "allow"]
Overage = Literal["deny", "allow"]
HIGHEST: Final = 1_000_000
MOST_NAMES: Final = 100
_ENTITLEMENT = re.compile(r"[a-z][a-z0-9_.:-]{0,79}")


@dataclass(frozen=True)
class Policy:
    """None is no rule, or the tier's own (`max_installs`).

    Domains are exact or `*.` patterns; `check_in_days` is how long an installation may stay silent; `entitlements`
    come on top of the tier's; `versions` is a range such as `>=2.0, <3`.
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


def checked(policy: Policy, *, max_domains: int | None) -> Policy:
    """Return the policy with its domains normalized, or raise InvalidInput; `max_domains` is the tier's limit."""
    _bounded("max_installs", policy.max_installs, HIGHEST)
    _bounded("max_seats", policy.max_seats, HIGHEST)
    _bounded("check_in_days", policy.check_in_days, 365)
    if policy.expiry_strategy not in get_args(ExpiryStrategy):
        raise InvalidInput("The expiry strategy is restrict, maintain or allow.", field="expiry_strategy")
    if policy.overage not in get_args(Overage):
        raise InvalidInput("Overage is deny or allow.", field="overage")
    for name in policy.entitlements[: MOST_NAMES + 1]:
        if not _ENTITLEMENT.fullmatch(name) or len(policy.entitlements) > MOST_NAMES:
            raise InvalidInput(
                f"“{name[:80]}” cannot be an entitlement: at most {MOST_NAMES} names of small letters, digits and _.:-",
                field="entitlements",
            )
    domains = tuple(dict.fromkeys(hosts.checked(pattern) for pattern in policy.domains))
    if len(domains) > (MOST_NAMES if max_domains is None else max_domains):
        raise InvalidInput(
            f"This tier covers {max_domains or MOST_NAMES} domains; {len(domains)} are given.", field="domains"
        )
    return replace(policy, domains=domains, versions=versions.checked(policy.versions) if policy.versions else None)


def _bounded(field: str, value: int | None, highest: int) -> None:
    if value is not None and not 1 <= value <= highest:
        raise InvalidInput(f"Give {field.replace('_', ' ')} from 1 to {highest:,}, or leave it out.", field=field)
