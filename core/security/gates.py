"""Gates: critical failures, each of which holds the whole score at 69 however many points are won elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.security.data_protection import weak
from core.security.observed import Observed

CAP: Final = 69.0


@dataclass(frozen=True)
class Gate:
    """A critical failure; `check` is the check whose remedy ends it."""

    id: str
    check: str
    sentence: str
    failed: Callable[[Observed], bool]


def _plain_http(seen: Observed) -> bool:
    return not seen.transport.https


def _certificate_over(seen: Observed) -> bool:
    left = seen.transport.certificate_days
    return seen.transport.https and left is not None and left < 0


def _owner_without_factor(seen: Observed) -> bool:
    """Only where a second factor can be held: what nobody can have yet costs its points, and is told as that."""
    return seen.factor_offered and seen.people.owners_with_factor < seen.people.owners


def _chain_broken(seen: Observed) -> bool:
    return seen.trail.verified is not None and not seen.trail.verified.intact


def _weak_secret(seen: Observed) -> bool:
    return weak(seen.secrets)


def _tenants_open(seen: Observed) -> bool:
    return seen.tables.bypasses or bool(seen.tables.unbound)


def _published_reachable(seen: Observed) -> bool:
    return not seen.transport.only_here and bool(seen.people.published)


GATES: Final = (
    Gate("plain_http", "https", "People reach Calos over plain http.", _plain_http),
    Gate("certificate_over", "https", "The certificate has run out.", _certificate_over),
    Gate("owner_factor", "second_factor_powerful", "An owner signs in without a second factor.", _owner_without_factor),
    Gate("chain_broken", "chain_verified", "The audit trail's chain is broken.", _chain_broken),
    Gate("weak_secret", "secret", "The secret that tokens hang on can be guessed.", _weak_secret),
    Gate(
        "published_password",
        "published_passwords",
        "Accounts with the demo's published password can be reached from other machines.",
        _published_reachable,
    ),
    Gate(
        "tenants_open",
        "row_security",
        "Row-level security does not bind the tables that hold tenants' rows.",
        _tenants_open,
    ),
)
