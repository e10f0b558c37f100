"""YAML as plain values with the line of every key, so that what is wrong can be pointed at."""

from collections.abc import Sequence
from typing import Any, Final

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from core.errors import InvalidInput

LARGEST: Final = 1_000_000
_NULL: Final = "tag:yaml.org,2002:null"

Path = tuple[str, ...]


class Located:
    """A YAML document: `value` with every scalar as the text it is written as, and where each part stands.

    Text, since YAML would read NO as false, 2024-12-31 as a date and 1_000 as a number.
    """

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self._lines: dict[Path, int] = {}
        self.value = self._plain(_composed(text, name), ())

    def line(self, path: Sequence[str | int]) -> int:
        """Return the line of the deepest part of `path` that exists; names that are no keys are passed over."""
        known: Path = ()
        for step in path:
            if (*known, str(step)) in self._lines:
                known = (*known, str(step))
        return self._lines.get(known, 1)

    def key(self, path: Sequence[str | int]) -> str:
        """Return the dotted key of a path, without what is no key of the document."""
        known: Path = ()
        for step in path:
            if (*known, str(step)) in self._lines:
                known = (*known, str(step))
        return ".".join(known)

    def _plain(self, node: Node, path: Path) -> Any:
        self._lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self._plain(item, (*path, str(index))) for index, item in enumerate(node.value)]
        return None if node.tag == _NULL else str(node.value)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                raise _wrong(self.name, line, "a key is a word.")
            name = str(key.value)
            if name in made:
                raise _wrong(self.name, line, f"the key “{name[:80]}” stands here twice; keep one.")
            self._lines[(*path, name)] = line
            made[name] = self._plain(value, (*path, name))
        return made


def _composed(text: str, name: str) -> Node:
    if len(text) > LARGEST:
        raise InvalidInput(f"{name} is larger than {LARGEST:,} characters: it can't be a mapping.", field="mapping")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as failure:
        mark = failure.problem_mark if isinstance(failure, yaml.MarkedYAMLError) else None
        problem = (failure.problem if isinstance(failure, yaml.MarkedYAMLError) else None) or "unreadable"
        raise _wrong(name, mark.line + 1 if mark else 1, f"this is not YAML ({problem}).") from failure
    except RecursionError as failure:
        raise _wrong(name, 1, "this is nested too deeply to be a mapping.") from failure
    if root is None:
        raise _wrong(name, 1, "the file is empty; docs/imports.md says what a mapping holds.")
    return root


def _wrong(name: str, line: int, sentence: str) -> InvalidInput:
    return InvalidInput(f"{name}, line {line}: {sentence}", code="invalid_mapping", field="mapping")
