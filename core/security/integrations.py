"""Checks of the API and of what is integrated: install secrets, packages, keys of others, rates."""

from typing import Final

from core.security.check import HIGH, MEDIUM, Category, Check, Judged, counted, not_assessed, part
from core.security.observed import Observed


def _install_secrets(seen: Observed) -> Judged:
    customers = seen.customers
    if not customers.licenses:
        return not_assessed("No license is in force.", "It is assessed from the first license on.")
    own = customers.licenses - customers.published_secrets
    return Judged(
        part(own, customers.licenses),
        "Every install signs in with a secret of its own."
        if not customers.published_secrets
        else f"{counted(customers.published_secrets, 'license')} can be used with the secret that the demo publishes.",
        f"Digests of {counted(customers.licenses, 'license')} in force, compared with that of the published secret.",
        "Revoke the demo's license, or set CALOS_DEMO_INSTALL_SECRET before the demo is built.",
    )


def _packages(seen: Observed) -> Judged:
    machine = seen.machine
    if not machine.locked:
        return not_assessed(
            "The list of tested versions is not beside the program.", "Install Calos with its requirements.lock."
        )
    same = machine.locked - len(machine.other_versions)
    return Judged(
        part(same, machine.locked),
        "Every installed package is the tested version."
        if not machine.other_versions
        else f"{counted(len(machine.other_versions), 'package is', 'packages are')} of another version than tested: "
        f"{', '.join(machine.other_versions[:3])}.",
        f"{same} of {counted(machine.locked, 'package')} compared with requirements.lock.",
        "Run: .venv/bin/pip install -r requirements.txt -c requirements.lock",
    )


def _vulnerabilities(_: Observed) -> Judged:
    return not_assessed(
        "Nobody has recorded an audit of the packages against known vulnerabilities.",
        "This version keeps no record of such audits; run pip-audit -r requirements.lock where the internet can be "
        "reached.",
    )


def _api_keys(_: Observed) -> Judged:
    return not_assessed(
        "There are no API keys: scripts sign in as people, with tokens that end with the session.",
        "It is assessed once API keys can be made: they will want renewing every 90 days.",
    )


def _rates(_: Observed) -> Judged:
    return not_assessed(
        "Every path has a rate limit, but nothing kept here shows one at work.",
        "It is assessed once refusals for rate are kept; tests of the program cover the limits themselves.",
    )


CHECKS: Final = (
    Check("install_secrets", Category.API, "Every install has a secret of its own", HIGH, _install_secrets),
    Check("packages", Category.API, "Packages are the tested versions", MEDIUM, _packages, practice=6),
    Check("vulnerabilities", Category.API, "Packages are free of known holes", HIGH, _vulnerabilities, practice=6),
    Check("api_keys", Category.API, "API keys are renewed every 90 days", MEDIUM, _api_keys, practice=4),
    Check("rate_limits", Category.API, "Every path is rate-limited", MEDIUM, _rates, practice=8),
)
