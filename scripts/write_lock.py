"""Writes requirements.lock: every distribution that the two requirement files reach, as installed here."""

import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
HEAD = """\
# Every package that requirements.txt and requirements-dev.txt reach, at the version it was tested with.
# Use it as constraints: pip install -r requirements.txt -c requirements.lock
# Made by: python -m scripts.write_lock (in an environment installed from the two files; a test holds it current)
"""


def direct() -> Iterator[Requirement]:
    """Yield the requirements of both files."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            told = re.sub(r"\s*#.*", "", line).strip()
            if told and not told.startswith("-"):
                yield Requirement(told)


def reached() -> dict[str, str]:
    """Return name and installed version of everything reached, on this platform and Python."""
    found: dict[str, str] = {}
    waiting = [(one, extra) for one in direct() for extra in ("", *one.extras)]
    seen = set()
    while waiting:
        requirement, extra = waiting.pop()
        name = canonicalize_name(requirement.name)
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        installed = metadata.distribution(name)
        found[name] = installed.version
        for text in installed.requires or ():
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                waiting += [(needed, inner) for inner in ("", *needed.extras)]
    return found


def as_text(pins: dict[str, str]) -> str:
    """Return the file's content."""
    return HEAD + "".join(f"{name}=={version}\n" for name, version in sorted(pins.items()))


def main() -> None:
    """Write the file and say how many there are."""
    try:
        pins = reached()
    except metadata.PackageNotFoundError as missing:
        sys.exit(f"{missing.name} is not installed: pip install -r requirements-dev.txt first")
    LOCK.write_text(as_text(pins))
    print(f"{LOCK.name}: {len(pins)} packages")


if __name__ == "__main__":
    main()
