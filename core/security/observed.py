"""What a look at this installation saw: plain counts and facts, from which every check is judged."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class People:
    """Everybody who can sign in, counted; `staff` are the vendor's, `powerful` its owners and admins."""

    total: int = 0
    staff: int = 0
    owners: int = 0
    powerful: int = 0
    dormant: int = 0
    argon2: int = 0
    published: int = 0
    with_factor: int = 0
    powerful_with_factor: int = 0
    owners_with_factor: int = 0


@dataclass(frozen=True)
class PasswordRules:
    """What happened to three passwords put to the rules: a short one, a well-known one, a few plain words."""

    refuses_short: bool = False
    refuses_common: bool = False
    accepts_plain_words: bool = True
    expires: bool = False


@dataclass(frozen=True)
class Guessing:
    """Wrong passwords on record, the locks they led to, and how many people met ten in an hour without one."""

    wrong: int = 0
    locks: int = 0
    unlocked: int = 0


@dataclass(frozen=True)
class Sessions:
    """How long sessions may last by the settings, and how many that were seen outlast a day or an hour of silence."""

    idle_minutes: int = 30
    hours: int = 12
    seen: int = 0
    overlong: int = 0


@dataclass(frozen=True)
class Tables:
    """Tables that hold tenants' rows, those of them that row-level security doesn't bind, and our own login."""

    tenant: int = 0
    unbound: tuple[str, ...] = ()
    login: str = ""
    bypasses: bool = False


@dataclass(frozen=True)
class Customers:
    """Customers of the demo and real ones, and licenses in force with the install secret that the demo publishes."""

    demo: int = 0
    real: int = 0
    licenses: int = 0
    published_secrets: int = 0


@dataclass(frozen=True)
class Transport:
    """How people reach Calos; `only_here` is whether nobody but this machine does."""

    origin: str = "http://localhost:5001"
    https: bool = False
    by_proxy: bool = False
    certificate_days: int | None = None
    only_here: bool = True


@dataclass(frozen=True)
class Secrets:
    """The secret that tokens hang on, and who can read it and the keys; a length of 0 means our own random key."""

    length: int = 0
    different: int = 0
    key_files: int = 0
    open_files: tuple[str, ...] = ()
    environment_file: bool = False
    environment_file_open: bool = False


@dataclass(frozen=True)
class KeyAge:
    """How old the key is that signs for one use."""

    use: str
    days: int


@dataclass(frozen=True)
class Storage:
    """What the database says of its link to us, of surviving a crash, and of the age of its raw telemetry."""

    local: bool = True
    encrypted: bool = False
    durable: tuple[tuple[str, bool], ...] = ()
    checksums: bool = False
    retention_days: int = 395
    oldest_event_days: int | None = None


@dataclass(frozen=True)
class Verified:
    """The last time every audit chain was verified from its first entry, and what was found."""

    at: datetime
    by: str
    intact: bool
    organizations: int
    entries: int
    checkpoints: int
    sentence: str = ""


@dataclass(frozen=True)
class Trail:
    """The vendor's audit trail: entries of a month, what waits for the sealer, how far the last checkpoint reaches."""

    entries: int = 0
    waiting: int = 0
    waiting_seconds: int = 0
    sealed: int = 0
    checkpoint: int | None = None
    verified: Verified | None = None


@dataclass(frozen=True)
class Unusual:
    """Something out of the ordinary in the audit trail, in words; `who` may be an address."""

    kind: str
    at: datetime
    who: str
    count: int
    words: str


@dataclass(frozen=True)
class Review:
    """The last review of security that somebody signed."""

    at: datetime
    by: str


@dataclass(frozen=True)
class Machine:
    """Packages against their tested versions, and room on the disk of the home."""

    locked: int = 0
    other_versions: tuple[str, ...] = ()
    free_bytes: int = 0
    total_bytes: int = 0


@dataclass(frozen=True)
class Observed:
    """One look at the installation, at `at`."""

    at: datetime
    people: People = People()
    factor_offered: bool = False
    rules: PasswordRules = PasswordRules()
    guessing: Guessing = Guessing()
    sessions: Sessions = Sessions()
    tables: Tables = Tables()
    customers: Customers = Customers()
    transport: Transport = Transport()
    secrets: Secrets = Secrets()
    keys: tuple[KeyAge, ...] = ()
    storage: Storage = Storage()
    trail: Trail = Trail()
    unusual: tuple[Unusual, ...] = ()
    review: Review | None = None
    machine: Machine = Machine()
