"""The policy of a license on the wire, as it is given with a new license or changes a standing one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import MISSING, fields
from typing import Annotated, Any

from pydantic import Field
from pydantic.alias_generators import to_camel

from api.depends import Strict
from core.errors import InvalidInput
from core.licensing.policy import ExpiryStrategy, Overage, Policy, interval_days


class PolicyRules(Strict):
    """Rules of a license beyond its tier's; null is no rule, or what holds unless one is set."""

    max_installs: Annotated[int | None, Field(description="In place of the tier's.")] = None
    max_seats: int | None = None
    domains: Annotated[list[Annotated[str, Field(max_length=260)]] | None, Field(max_length=1000)] = None
    fingerprint: Annotated[bool | None, Field(description="Whether it is bound to activated fingerprints.")] = None
    check_in_interval: Annotated[
        int | str | None, Field(description="Days from 1 to 365, or day, week, month (30 days), year (365 days).")
    ] = None
    expiry_strategy: ExpiryStrategy | None = None
    overage: Overage | None = None
    entitlements: Annotated[list[Annotated[str, Field(max_length=200)]] | None, Field(max_length=1000)] = None
    versions: Annotated[str | None, Field(max_length=200, description="Such as >=2.0, <3.")] = None
    seat_heartbeat_seconds: int | None = None

    def changes(self) -> dict[str, Any]:
        """Return the rules that were given, by the core's names; one that is null is as if it had never been set."""
        unset = {field.name: field.default for field in fields(Policy) if field.default is not MISSING}
        made: dict[str, Any] = {}
        for given in self.model_fields_set & _CORE.keys():
            value = getattr(self, given)
            if given == "check_in_interval":
                value = interval_days(value)
            made[_CORE[given]] = (
                unset[_CORE[given]] if value is None else tuple(value) if isinstance(value, list) else value
            )
        return made

    def policy(self) -> Policy:
        """Return the policy of a license that is new."""
        return Policy(**self.changes())


@contextmanager
def within_policy() -> Iterator[None]:
    """Name a rule that is refused by its place in a body that holds the policy: `policy/maxInstalls`."""
    try:
        yield
    except InvalidInput as wrong:
        if wrong.field in {to_camel(name) for name in PolicyRules.model_fields}:
            raise InvalidInput(wrong.message, code=wrong.code, field=f"policy/{wrong.field}") from wrong
        raise


_CORE = {
    **{name: name for name in PolicyRules.model_fields},
    "fingerprint": "fingerprint_required",
    "check_in_interval": "check_in_days",
}
