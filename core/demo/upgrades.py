"""Which version an install of the demo ran on which day: each upgrades some days after a release came out."""

from functools import lru_cache
from zlib import crc32

from core.licensing import versions

# Days ago on which each release of the suite came out; 4.2 broke Email's send path and 4.2.1 mended it.
RELEASES = {"4.0": 365, "4.1": 240, "4.2": 41, "4.2.1": 24, "4.3": 9}
LONGEST_WAIT_DAYS = 14
# Whose story is that of a release.
AT_ONCE = frozenset({"Initech"})


@lru_cache(maxsize=20_000)
def version_on(name: str, newest: str, ago: int) -> str:
    """Return the version that the customer `name` ran so many days ago, who runs `newest` today."""
    reach = versions.parse(newest)
    had = [
        version
        for version, out in RELEASES.items()
        if reach is not None
        and (parsed := versions.parse(version)) is not None
        and parsed <= reach
        and ago <= out - _waited(name, version, newest)
    ]
    return had[-1] if had else next(iter(RELEASES))


def _waited(name: str, version: str, newest: str) -> int:
    if name in AT_ONCE:
        return 0
    waited = crc32(f"{name} {version}".encode()) % (LONGEST_WAIT_DAYS + 1)
    return min(waited, RELEASES[version]) if version == newest else waited
