"""Ranges of versions a license allows: comparisons joined by commas, ordered as Semantic Versioning orders."""

import re
from collections.abc import Callable
from functools import lru_cache
from operator import eq, ge, gt, le, lt
from typing import Any

from core.errors import InvalidInput

# A number sorts before a word, and a release after each of its own pre-releases (semver.org, item 11).
_Part = tuple[int, int, str]
Version = tuple[tuple[int, ...], tuple[_Part, ...]]
_RELEASE: tuple[_Part, ...] = ((2, 0, ""),)

_VERSION = re.compile(
    r"[vV]?(\d{1,9}(?:\.\d{1,9}){0,5})(?:-([0-9A-Za-z.-]{1,60}))?(?:\+[0-9A-Za-z.-]{1,60})?", re.ASCII
)
_COMPARISON = re.compile(r"\s*(>=|<=|>|<|=|)\s*(\S+)\s*")
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {">=": ge, "<=": le, ">": gt, "<": lt, "=": eq, "": eq}


def parse(text: str) -> Version | None:
    """Return a version that sorts by precedence (`v2.1`, `2.1.0-rc.1+build`), or None if it is none."""
    match = _VERSION.fullmatch(text.strip())
    if match is None:
        return None
    numbers = [int(part) for part in match[1].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers), tuple(_part(part) for part in match[2].split(".")) if match[2] else _RELEASE


def _part(text: str) -> _Part:
    return (0, int(text), "") if text.isdecimal() else (1, 0, text)


@lru_cache(maxsize=1024)
def _comparisons(text: str) -> tuple[tuple[Callable[[Any, Any], bool], Version], ...]:
    found = []
    for one in text.split(","):
        match = _COMPARISON.fullmatch(one)
        bound = parse(match[2]) if match else None
        if match is None or bound is None:
            raise InvalidInput(
                f"“{one.strip()}” is no comparison of versions. Write for example >=2.0, <3.", field="versions"
            )
        found.append((_OPERATORS[match[1]], bound))
    return tuple(found)


def checked(text: str) -> str:
    """Return the range if it can be read, else raise InvalidInput."""
    _comparisons(text)
    return text.strip()


def allows(allowed: str, version: str) -> bool:
    """Whether every comparison of the range holds for the version; an unreadable version is never allowed."""
    asked = parse(version)
    return asked is not None and all(holds(asked, bound) for holds, bound in _comparisons(allowed))
