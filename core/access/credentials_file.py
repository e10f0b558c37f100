"""Import of a streamlit-authenticator credentials file: people come with their hashes, and nobody is read twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import yaml
from sqlalchemy import func, select
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from core.access.actor import system_actor
from core.access.bcrypt_hashes import is_bcrypt
from core.access.passwords import LONGEST, hash_password
from core.access.people import add_person, checked_email
from core.access.permissions import RANK, Role
from core.errors import InvalidInput
from db.models.access import person
from db.models.organizations import organization
from db.session import WriteSession

LARGEST = 1_000_000
MOST_PEOPLE = 10_000


@dataclass(frozen=True)
class Credentials:
    """One person of the file; `password` is a bcrypt hash or, where the file's owner was careless, plain text."""

    line: int
    username: str
    email: str
    name: str
    role: Role
    password: str


class _Wrong(Exception):
    """What is wrong with the file or one entry, with its line; it never leaves this file."""


def import_file(session: WriteSession, path: Path, *, now: datetime) -> list[str]:
    """Add to the vendor's organization everybody in the file who isn't there yet; return what its owner should know.

    Somebody already here is left as they are: their password and role have lived on since. A file, or an entry, that
    can't be read is told with its line, and the rest goes on.
    """
    vendor = session.execute(select(organization.c.id).where(organization.c.realm == "vendor").limit(1)).scalar()
    if vendor is None:
        return [f"{path}: its people are added once Calos is set up with a first owner."]
    try:
        found, wrong = read_credentials(path.read_bytes())
    except OSError as failure:
        return [f"{path} can't be read ({failure.strerror}): make it readable for the account that runs Calos."]
    added = [one for one in found if _add(session, vendor, one, now)]
    said = [f"{path}, {sentence}" for sentence in wrong]
    if added:
        said.append(f"{path}: added {len(added)} {'person' if len(added) == 1 else 'people'}; they sign in by e-mail.")
    careless = [one.username for one in found if not is_bcrypt(one.password)]
    if careless:
        said.append(f"{path} holds passwords in plain text ({', '.join(careless[:5])}): take them out of the file.")
    return said


def read_credentials(content: bytes) -> tuple[list[Credentials], list[str]]:
    """Return the people of a credentials file, and a sentence with its line for each thing that is wrong with it."""
    people: dict[str, Credentials] = {}
    wrong: list[str] = []
    try:
        entries = _entries(_composed(content))
    except _Wrong as failure:
        return [], [str(failure)]
    for username, entry in entries:
        try:
            one = _credentials(username, entry)
        except _Wrong as failure:
            wrong.append(str(failure))
            continue
        if one.email in people:
            wrong.append(f"line {one.line}: field email of {one.username}: {one.email} stands in the file twice.")
        people.setdefault(one.email, one)
    return list(people.values()), wrong


def _composed(content: bytes) -> Node:
    if len(content) > LARGEST:
        raise _Wrong(f"the file is larger than {LARGEST:,} bytes: it can't be a credentials file.")
    try:
        # Nodes instead of values: they know their lines, and a password such as 0123 stays the text it is.
        root = yaml.compose(content.decode(), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as failure:
        raise _Wrong("the file is not UTF-8 text: save it as UTF-8.") from failure
    except yaml.YAMLError as failure:
        mark = failure.problem_mark if isinstance(failure, yaml.MarkedYAMLError) else None
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise _Wrong(f"{where}this is not YAML; mend it there, or take the file away.") from failure
    except RecursionError as failure:
        raise _Wrong("the file is nested too deeply to be a credentials file.") from failure
    if root is None:
        raise _Wrong("the file is empty: fill it in, or take it away.")
    return root


def _entries(root: Node) -> list[tuple[Node, Node]]:
    """Return the (username, entry) nodes under credentials: usernames:."""
    node = root
    for key in ("credentials", "usernames"):
        inner = dict(_pairs(node)).get(key) if isinstance(node, MappingNode) else None
        if not isinstance(inner, MappingNode):
            raise _at(inner or node, f"field {key}: expected a mapping, as streamlit-authenticator writes it.")
        node = inner
    if len(node.value) > MOST_PEOPLE:
        raise _at(node, f"field usernames: more than {MOST_PEOPLE:,} people; import them in parts.")
    return list(node.value)


def _at(node: Node, sentence: str) -> _Wrong:
    return _Wrong(f"line {node.start_mark.line + 1}: {sentence}")


def _credentials(key: Node, entry: Node) -> Credentials:
    username = str(key.value)[:100] if isinstance(key, ScalarNode) else "(unreadable)"
    if not isinstance(entry, MappingNode):
        raise _at(entry, f"{username}: expected fields such as email and password.")
    fields = dict(_pairs(entry))
    email, password = _text(fields, "email"), _text(fields, "password")
    if not email:
        raise _at(fields.get("email", entry), f"field email of {username} is missing: people sign in with it.")
    if not password:
        raise _at(
            fields.get("password", entry),
            f"field password of {username} is missing (a guest of Google or Microsoft?): add them under People.",
        )
    if len(password) > LONGEST:
        raise _at(fields["password"], f"field password of {username} is longer than {LONGEST} characters.")
    try:
        email = checked_email(email)
    except InvalidInput as failure:
        raise _at(fields["email"], f"field email of {username}: {failure.message}") from failure
    both = f"{_text(fields, 'first_name')} {_text(fields, 'last_name')}".strip()
    name = both or _text(fields, "name") or username
    return Credentials(entry.start_mark.line + 1, username, email, name, _role(fields.get("roles")), password)


def _role(node: Node | None) -> Role:
    """Return the most powerful role of ours among those named; names of other applications' roles say nothing here."""
    given = node.value if isinstance(node, SequenceNode) else [node] if node is not None else []
    names = {str(one.value).strip().lower() for one in given if isinstance(one, ScalarNode)}
    return max((role for role in Role if role.value in names), key=lambda role: RANK[role], default=Role.VIEWER)


def _pairs(node: MappingNode) -> Iterator[tuple[str, Node]]:
    return ((str(key.value), value) for key, value in node.value if isinstance(key, ScalarNode))


def _text(fields: dict[str, Node], name: str) -> str:
    """Return a scalar as it is written: a password of digits is text, whatever YAML would make of it."""
    node = fields.get(name)
    if not isinstance(node, ScalarNode) or node.tag == "tag:yaml.org,2002:null":
        return ""
    return str(node.value) if name == "password" else str(node.value).strip()


def _add(session: WriteSession, vendor: UUID, one: Credentials, now: datetime) -> bool:
    if session.execute(select(person.c.id).where(func.lower(person.c.email) == one.email)).first():
        return False
    stored = one.password if is_bcrypt(one.password) else hash_password(one.password)
    actor = system_actor(vendor, label="Credentials file")
    add_person(session, actor, vendor, one.email, one.name, one.role, stored, now=now)
    return True
