"""A Keygen account as its API tells it: JSON:API documents of each resource, saved one file a resource."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from core.errors import InvalidInput

FILES: Final = (
    "licenses.json",
    "policies.json",
    "machines.json",
    "entitlements.json",
    "users.json",
    "license-entitlements.json",
    "policy-entitlements.json",
)
NEEDED: Final = ("licenses.json", "policies.json")
LARGEST: Final = 500_000_000


class Record(BaseModel):
    """Attributes of a resource; those that nothing here depends on are passed over."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


class PolicyRecord(Record):
    """A policy of theirs, as far as it becomes one of ours."""

    name: str = ""
    strict: bool = False
    require_fingerprint_scope: bool = False
    require_check_in: bool = False
    check_in_interval: str | None = None
    check_in_interval_count: int | None = None
    max_machines: int | None = None
    max_users: int | None = None
    max_cores: int | None = None
    max_processes: int | None = None
    max_uses: int | None = None
    expiration_strategy: str | None = None
    overage_strategy: str | None = None


class LicenseRecord(Record):
    """A license of theirs; its own numbers win over its policy's."""

    name: str | None = None
    key: str | None = None
    expiry: AwareDatetime | None = None
    status: str = ""
    suspended: bool = False
    max_machines: int | None = None
    max_users: int | None = None
    max_cores: int | None = None
    max_processes: int | None = None
    max_uses: int | None = None
    last_validated: AwareDatetime | None = None
    last_check_in: AwareDatetime | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    created: AwareDatetime


class MachineRecord(Record):
    """A machine that a license of theirs was activated on."""

    fingerprint: str
    last_heartbeat: AwareDatetime | None = None
    created: AwareDatetime
    updated: AwareDatetime | None = None


class EntitlementRecord(Record):
    """An entitlement of theirs."""

    code: str


class UserRecord(Record):
    """A user of theirs: whom a license belongs to."""

    email: str = ""
    first_name: str | None = None
    last_name: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)


Kind = TypeVar("Kind", bound=Record)


@dataclass(frozen=True)
class Resource:
    """One resource: its id, its attributes, and whom it refers to, by relationship."""

    id: str
    record: Record
    refers: Mapping[str, str]


@dataclass(frozen=True)
class Unread:
    """A resource that can't be read, and why."""

    kind: str
    id: str
    sentence: str


@dataclass(frozen=True)
class Export:
    """Everything that was read, by kind and id, and what could not be."""

    licenses: Mapping[str, Resource]
    policies: Mapping[str, Resource]
    machines: Mapping[str, Resource]
    entitlements: Mapping[str, Resource]
    users: Mapping[str, Resource]
    # Entitlement ids by the license or policy they were given to.
    granted: Mapping[str, tuple[str, ...]]
    unread: tuple[Unread, ...] = field(default=())


def read_export(files: Mapping[str, bytes]) -> Export:
    """Return what the files hold; InvalidInput where one is missing or is no JSON:API document at all."""
    missing = [name for name in NEEDED if name not in files]
    if missing:
        raise InvalidInput(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing: save what Keygen's API answers "
            "for each resource under that name (docs/imports.md shows how).",
            field="files",
        )
    unread: list[Unread] = []
    granted: dict[str, tuple[str, ...]] = {}
    for name, holder in (("license-entitlements.json", "license"), ("policy-entitlements.json", "policy")):
        for raw in _resources(files, name):
            refers = _refers(raw)
            if holder in refers and "entitlement" in refers:
                granted[refers[holder]] = (*granted.get(refers[holder], ()), refers["entitlement"])
    return Export(
        licenses=_read(files, "licenses.json", LicenseRecord, unread),
        policies=_read(files, "policies.json", PolicyRecord, unread),
        machines=_read(files, "machines.json", MachineRecord, unread),
        entitlements=_read(files, "entitlements.json", EntitlementRecord, unread),
        users=_read(files, "users.json", UserRecord, unread),
        granted=granted,
        unread=tuple(unread),
    )


def _read(files: Mapping[str, bytes], name: str, kind: type[Record], unread: list[Unread]) -> dict[str, Resource]:
    found: dict[str, Resource] = {}
    for raw in _resources(files, name):
        identity = str(raw.get("id", ""))[:80]
        try:
            attributes = kind.model_validate(raw.get("attributes") or {})
        except ValidationError as wrong:
            first = wrong.errors(include_url=False, include_input=False)[0]
            where = "/".join(str(part) for part in first["loc"])
            unread.append(Unread(name.removesuffix(".json"), identity, f"{where}: {first['msg']}"))
            continue
        found[identity] = Resource(identity, attributes, _refers(raw))
    return found


def _resources(files: Mapping[str, bytes], name: str) -> Iterator[dict[str, Any]]:
    """Yield the resources of a file: one document, or the pages of several in a list."""
    if name not in files:
        return
    if len(files[name]) > LARGEST:
        raise InvalidInput(f"{name} is larger than {LARGEST:,} bytes.", field="files")
    try:
        held = json.loads(files[name])
    except (ValueError, RecursionError) as wrong:
        raise InvalidInput(f"{name} is no JSON: save the API's answer as it came.", field="files") from wrong
    for document in held if isinstance(held, list) else [held]:
        data = document.get("data") if isinstance(document, dict) else None
        if not isinstance(data, list) or not all(isinstance(one, dict) for one in data):
            raise InvalidInput(f"{name} is no JSON:API list: it has no “data” with resources.", field="files")
        yield from data


def _refers(raw: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for name, relationship in (raw.get("relationships") or {}).items():
        data = relationship.get("data") if isinstance(relationship, dict) else None
        if isinstance(data, dict) and isinstance(data.get("id"), str):
            found[str(name)] = data["id"]
    return found


def earliest(*given: datetime | None) -> datetime | None:
    """Return the earliest of those that are known."""
    return min((one for one in given if one is not None), default=None)


def latest(*given: datetime | None) -> datetime | None:
    """Return the latest of those that are known."""
    return max((one for one in given if one is not None), default=None)
