"""How a license and policy of Keygen's become a policy of ours, and what of them has no like here."""

import re
from collections.abc import Iterable
from typing import Final

from core.imports.keygen.export import LicenseRecord, PolicyRecord
from core.licensing.policy import INTERVALS, LONGEST_INTERVAL, MOST_NAMES, ExpiryStrategy, Overage, Policy

_EXPIRY: Final[dict[str, ExpiryStrategy]] = {
    "RESTRICT_ACCESS": "restrict",
    "REVOKE_ACCESS": "restrict",
    "MAINTAIN_ACCESS": "maintain",
    "ALLOW_ACCESS": "allow",
}
_OVERAGE: Final[dict[str, Overage]] = {
    "NO_OVERAGE": "deny",
    "ALWAYS_ALLOW_OVERAGE": "allow",
    "ALLOW_1_25X_OVERAGE": "1.25x",
    "ALLOW_1_5X_OVERAGE": "1.5x",
    "ALLOW_2X_OVERAGE": "2x",
}
_NOT_HERE: Final = {"max_cores": "cores", "max_processes": "processes", "max_uses": "uses"}
_ODD: Final = re.compile(r"[^a-z0-9_.:-]+")


def policy_of(license: LicenseRecord, policy: PolicyRecord, codes: Iterable[str]) -> Policy:
    """Return our policy: the license's own numbers, else its policy's."""
    return Policy(
        max_installs=license.max_machines or policy.max_machines,
        max_seats=license.max_users or policy.max_users,
        fingerprint_required=policy.require_fingerprint_scope or policy.strict,
        check_in_days=_days(policy) if policy.require_check_in else None,
        expiry_strategy=_EXPIRY.get(policy.expiration_strategy or "", "restrict"),
        overage=_OVERAGE.get(policy.overage_strategy or "", "deny"),
        entitlements=tuple(sorted({entitlement(code) for code in codes})[:MOST_NAMES]),
    )


def entitlement(code: str) -> str:
    """Return the code as we write entitlements: `FEATURE_A` is `feature_a`."""
    name = _ODD.sub("_", code.strip().lower()).strip("_.:-")
    return (name if name[:1].isalpha() else f"e_{name}")[:80]


def not_kept(license: LicenseRecord, policy: PolicyRecord) -> list[str]:
    """Return, in sentences, the rules that have no like here and are enforced no more."""
    found = []
    for field, word in _NOT_HERE.items():
        highest = getattr(license, field) or getattr(policy, field)
        if highest:
            found.append(f"Limited to {highest:,} {word}; there is no such limit here, so it is not enforced.")
    for given, known, word in (
        (policy.expiration_strategy, _EXPIRY, "expiration strategy"),
        (policy.overage_strategy, _OVERAGE, "overage strategy"),
    ):
        if given and given not in known:
            found.append(f"The {word} {given[:60]} is not known here; the strictest is taken.")
    return found


def _days(policy: PolicyRecord) -> int | None:
    days = INTERVALS.get(policy.check_in_interval or "", 0) * (policy.check_in_interval_count or 1)
    return min(days, LONGEST_INTERVAL) or None
