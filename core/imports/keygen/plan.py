"""What an export becomes: customers with their licenses and installations, and everything that is refused or odd."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.access.names import readable_name
from core.errors import InvalidInput
from core.imports.keygen.export import Export, LicenseRecord, MachineRecord, PolicyRecord, Resource, UserRecord, latest
from core.imports.keygen.rules import not_kept, policy_of
from core.licensing.policy import Policy, checked

ANY_POLICY: Final = "*"
LONGEST_FINGERPRINT: Final = 200
_INSTALL: Final = re.compile(r"[A-Za-z0-9._-]{1,70}")

Verdict = Literal["refused", "changed"]


class KeygenMapping(BaseModel):
    """Which tier each policy becomes (by its name or id; `*` is any other), and where a customer's name stands."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tiers: dict[str, str] = Field(min_length=1)
    customer: tuple[str, ...] = ("license.metadata.company", "user.metadata.company", "user.email", "license.name")


@dataclass(frozen=True)
class Difference:
    """Something that is not here as it was there."""

    verdict: Verdict
    kind: str
    id: str
    sentence: str


@dataclass(frozen=True)
class PlannedMachine:
    """An installation to be."""

    fingerprint: str
    activated_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True)
class PlannedLicense:
    """A license to be; `key` is theirs, with which its holder goes on proving itself."""

    id: str
    install_id: str
    customer: str
    email: str | None
    tier_id: str
    key: str
    policy: Policy
    issued_at: datetime
    expires_at: datetime | None
    suspended: bool
    last_check_in_at: datetime | None
    status: str
    machines: tuple[PlannedMachine, ...]


@dataclass(frozen=True)
class Plan:
    """Everything that would be taken over, and what would not be as it was."""

    licenses: tuple[PlannedLicense, ...]
    differences: tuple[Difference, ...]
    read: Mapping[str, int]


def read_keygen_mapping(text: str, name: str) -> KeygenMapping:
    """Return the mapping, or raise InvalidInput with what is wrong with it."""
    try:
        return KeygenMapping.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as wrong:
        raise InvalidInput(f"{name} is no YAML that can be read.", field="mapping") from wrong
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InvalidInput(f"{name}, {where}: {first['msg']}.", field="mapping") from wrong


def make_plan(export: Export, mapping: KeygenMapping, *, tiers: Collection[str]) -> Plan:
    """Return the plan as the files alone tell it; `tiers` are ours."""
    unknown = sorted(set(mapping.tiers.values()) - set(tiers))
    if unknown:
        raise InvalidInput(f"There is no tier {unknown[0]}; there are {', '.join(tiers)}.", field="mapping")
    differences = [Difference("refused", one.kind, one.id, one.sentence) for one in export.unread]
    machines: dict[str, list[Resource]] = {}
    for machine in export.machines.values():
        machines.setdefault(machine.refers.get("license", ""), []).append(machine)
    planned: list[PlannedLicense] = []
    keys: set[str] = set()
    for one in export.licenses.values():
        found = _plan(export, mapping, one, machines.get(one.id, []), keys, differences)
        if found is not None:
            planned.append(found)
            keys.add(found.key)
    homeless = set(machines) - set(export.licenses)
    for license_id in sorted(homeless):
        differences += [
            Difference("refused", "machines", machine.id, "Its license is not in the export.")
            for machine in machines[license_id]
        ]
    read = {
        "licenses": len(export.licenses) + _unread(export, "licenses"),
        "machines": len(export.machines) + _unread(export, "machines"),
        "policies": len(export.policies) + _unread(export, "policies"),
        "entitlements": len(export.entitlements) + _unread(export, "entitlements"),
        "users": len(export.users) + _unread(export, "users"),
    }
    return Plan(tuple(planned), tuple(differences), read)


def _unread(export: Export, kind: str) -> int:
    return Counter(one.kind for one in export.unread)[kind]


def _plan(
    export: Export,
    mapping: KeygenMapping,
    one: Resource,
    machines: Collection[Resource],
    keys: Collection[str],
    differences: list[Difference],
) -> PlannedLicense | None:
    """Return the license as it would be; None, and why, for one that is refused."""
    license, held_under = one.record, export.policies.get(one.refers.get("policy", ""))
    assert isinstance(license, LicenseRecord)  # noqa: S101 - what licenses.json is read as
    user = export.users.get(one.refers.get("user", one.refers.get("owner", "")))
    names = mapping.tiers
    policy = held_under.record if held_under else None
    tier_id = (
        names.get(policy.name) or names.get(held_under.id) or names.get(ANY_POLICY)
        if held_under and isinstance(policy, PolicyRecord)
        else None
    )
    customer = _customer(mapping, license, user)
    refusal = _refusal(one, license, policy, tier_id, customer, keys)
    if refusal or not isinstance(policy, PolicyRecord) or held_under is None or tier_id is None:
        differences.append(Difference("refused", "licenses", one.id, refusal))
        return None
    granted = [*export.granted.get(one.id, ()), *export.granted.get(held_under.id, ())]
    codes = [
        str(getattr(export.entitlements[each].record, "code", "")) for each in granted if each in export.entitlements
    ]
    differences += [Difference("changed", "licenses", one.id, sentence) for sentence in not_kept(license, policy)]
    return PlannedLicense(
        id=one.id,
        install_id=f"keygen-{one.id}",
        customer=customer,
        email=_email(user),
        tier_id=tier_id,
        key=license.key or "",
        policy=checked(policy_of(license, policy, codes), max_domains=None),
        issued_at=license.created,
        expires_at=license.expiry,
        suspended=license.suspended or license.status in {"SUSPENDED", "BANNED"},
        last_check_in_at=latest(license.last_check_in, license.last_validated),
        status=license.status,
        machines=tuple(_machines(machines, differences)),
    )


def _refusal(
    one: Resource,
    license: LicenseRecord,
    policy: object,
    tier_id: str | None,
    customer: str,
    keys: Collection[str],
) -> str:
    if not _INSTALL.fullmatch(one.id):
        return "Its id can't be one of ours."
    if policy is None:
        return "Its policy is not in the export."
    if tier_id is None:
        return f"The mapping names no tier for the policy “{getattr(policy, 'name', '')[:80]}”."
    if not license.key:
        return "It has no key that can be read (an encrypted one of old); issue it anew."
    if license.key in keys:
        return "Another license of the export has this key."
    return "" if customer else "Nothing says whose it is; name another place under “customer”."


def _customer(mapping: KeygenMapping, license: LicenseRecord, user: Resource | None) -> str:
    known: dict[str, Any] = {"license": license, "user": user.record if user else None}
    for path in mapping.customer:
        holder, *rest = path.split(".")
        found: Any = known.get(holder)
        for part in rest:
            found = found.get(part) if isinstance(found, Mapping) else getattr(found, part, None)
        if isinstance(found, str) and (name := readable_name(found)):
            return name[:200]
    return ""


def _email(user: Resource | None) -> str | None:
    email = user.record.email.strip().lower() if user and isinstance(user.record, UserRecord) else ""
    return email if "@" in email and len(email) <= 320 else None


def _machines(machines: Collection[Resource], differences: list[Difference]) -> Iterator[PlannedMachine]:
    seen: set[str] = set()
    for one in machines:
        machine = one.record
        assert isinstance(machine, MachineRecord)  # noqa: S101 - what machines.json is read as
        if not machine.fingerprint or len(machine.fingerprint) > LONGEST_FINGERPRINT or machine.fingerprint in seen:
            sentence = f"Its fingerprint is empty, twice there, or longer than {LONGEST_FINGERPRINT} characters."
            differences.append(Difference("refused", "machines", one.id, sentence))
            continue
        seen.add(machine.fingerprint)
        last = latest(machine.last_heartbeat, machine.updated, machine.created)
        yield PlannedMachine(machine.fingerprint, machine.created, last or machine.created)
