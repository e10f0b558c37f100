"""Import of a streamlit-authenticator credentials file, as that package writes and hashes it."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
import yaml
from sqlalchemy import select, update
from streamlit_authenticator.utilities.hasher import Hasher

from core.access.credentials_file import import_file, read_credentials
from core.access.directory import person_by_email
from core.access.membership import change_role, disable_person
from core.access.permissions import Role
from core.access.proof import SignInRefused
from core.access.sessions import SignedIn
from core.errors import NotFound
from db.models.access import audit_entry, person
from db.models.organizations import organization
from db.session import WriteSession
from tests.cast import Cast
from tests.core.access.conftest import SignIn

HASHED = f"""\
cookie: {{expiry_days: 30, key: some_signature_key, name: some_cookie_name}}
credentials:
  usernames:
    jsmith:
      email: JSmith@gmail.com
      failed_login_attempts: 0
      first_name: John
      last_name: Smith
      logged_in: False
      password: {Hasher.hash("abc")}
      roles: [admin, editor, viewer]
    rbriggs:
      email: rbriggs@gmail.com
      name: Rebecca Briggs
      password: {Hasher.hash("def")}
      roles:
      - editor
pre-authorized:
  emails: [melsby@gmail.com]
"""


def stored(session: WriteSession, email: str) -> str:
    return str(session.execute(select(person.c.password_hash).where(person.c.email == email)).scalar_one())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the path of a hashed credentials file of two people."""
    path = tmp_path / "credentials.yaml"
    path.write_text(HASHED)
    return path


def test_people_come_with_name_role_and_hash(session: WriteSession, cast: Cast, file: Path, now: datetime) -> None:
    assert import_file(session, file, now=now) == [f"{file}: added 2 people; they sign in by e-mail."]
    john = person_by_email(session, cast.vera, "jsmith@gmail.com", now=now)
    rebecca = person_by_email(session, cast.vera, "rbriggs@gmail.com", now=now)
    assert (john.name, john.role, john.organization_id) == ("John Smith", Role.ADMIN, cast.vendor)
    assert (rebecca.name, rebecca.role) == ("Rebecca Briggs", Role.VIEWER)
    assert stored(session, "jsmith@gmail.com").startswith("$2b$12$")
    by = select(audit_entry.c.actor_label).where(audit_entry.c.target_id == str(john.id))
    assert session.execute(by).scalar_one() == "Credentials file"


def test_the_first_sign_in_checks_the_packages_hash_and_raises_it(
    session: WriteSession, cast: Cast, file: Path, now: datetime, signs_in: SignIn
) -> None:
    assert cast.vendor
    import_file(session, file, now=now)
    assert isinstance(signs_in(session, "jsmith@gmail.com", "abd", now=now), SignInRefused)
    assert stored(session, "jsmith@gmail.com").startswith("$2b$")
    assert isinstance(signs_in(session, "jsmith@gmail.com", "abc", now=now), SignedIn)
    assert stored(session, "jsmith@gmail.com").startswith("$argon2id$")
    assert isinstance(signs_in(session, "jsmith@gmail.com", "abc", now=now), SignedIn)


def test_reading_again_changes_nobody(
    session: WriteSession, cast: Cast, file: Path, now: datetime, signs_in: SignIn
) -> None:
    import_file(session, file, now=now)
    signs_in(session, "jsmith@gmail.com", "abc", now=now)
    john = person_by_email(session, cast.vera, "jsmith@gmail.com", now=now)
    change_role(session, cast.fiona, john.id, Role.MEMBER, now=now)
    disable_person(session, cast.fiona, john.id, now=now)
    before = stored(session, "jsmith@gmail.com")
    assert import_file(session, file, now=now) == []
    again = person_by_email(session, cast.vera, "jsmith@gmail.com", now=now)
    assert (again.role, again.disabled_at, stored(session, "jsmith@gmail.com")) == (Role.MEMBER, now, before)


def test_somebody_of_a_customer_is_not_taken_over(
    session: WriteSession, cast: Cast, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(yaml.dump({"credentials": {"usernames": {"o": {"email": "otto@calos.test", "password": "abc"}}}}))
    import_file(session, path, now=now)
    assert person_by_email(session, cast.fiona, "otto@calos.test", now=now).organization_id == cast.globex


def test_plain_passwords_are_hashed_at_once_and_told(
    session: WriteSession, cast: Cast, tmp_path: Path, now: datetime, signs_in: SignIn
) -> None:
    assert cast.vendor
    path = tmp_path / "c.yaml"
    path.write_text(
        "credentials:\n  usernames:\n    a: {email: a@b.de, password: 0123}\n    b: {email: b@b.de, password: ' pw '}\n"
    )
    assert import_file(session, path, now=now)[-1] == (
        f"{path} holds passwords in plain text (a, b): take them out of the file."
    )
    assert stored(session, "a@b.de").startswith("$argon2id$")
    assert isinstance(signs_in(session, "a@b.de", "0123", now=now), SignedIn)
    assert isinstance(signs_in(session, "b@b.de", " pw ", now=now), SignedIn)


def test_before_set_up_the_file_waits(session: WriteSession, cast: Cast, file: Path, now: datetime) -> None:
    session.execute(update(organization).where(organization.c.id == cast.vendor).values(realm="customer"))
    assert import_file(session, file, now=now) == [
        f"{file}: its people are added once Calos is set up with a first owner."
    ]
    with pytest.raises(NotFound):
        person_by_email(session, cast.system, "jsmith@gmail.com", now=now)


def test_a_file_that_can_not_be_read_is_told_and_start_up_goes_on(
    session: WriteSession, cast: Cast, tmp_path: Path, now: datetime
) -> None:
    assert isinstance(cast.vendor, UUID)
    (told,) = import_file(session, tmp_path, now=now)
    assert told.startswith(f"{tmp_path} can't be read")


@pytest.mark.parametrize(
    ("named", "role"),
    [
        ("[owner]", Role.OWNER),
        ("[viewer, Manager]", Role.MANAGER),
        ("admin", Role.ADMIN),
        ("[editor, superuser]", Role.VIEWER),
        ("[]", Role.VIEWER),
        ("null", Role.VIEWER),
        ("{a: b}", Role.VIEWER),
        ("[[owner], 5]", Role.VIEWER),
    ],
)
def test_the_most_powerful_known_role_counts_and_an_unknown_one_is_a_viewer(named: str, role: Role) -> None:
    content = f"credentials: {{usernames: {{a: {{email: a@b.de, password: x, roles: {named}}}}}}}"
    (one,), wrong = read_credentials(content.encode())
    assert (one.role, wrong) == (role, [])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "the file is empty: fill it in, or take it away."),
        ("# nothing yet\n", "the file is empty: fill it in, or take it away."),
        ("a: b\nc: [d\n", "line 3, column 1: this is not YAML; mend it there, or take the file away."),
        ("a: b\n\tc: d\n", "line 2, column 1: this is not YAML; mend it there, or take the file away."),
        ("\x00", "this is not YAML; mend it there, or take the file away."),
        ("- a\n- b\n", "line 1: field credentials: expected a mapping, as streamlit-authenticator writes it."),
        ("cookie: {}\n", "line 1: field credentials: expected a mapping, as streamlit-authenticator writes it."),
        ("\ncredentials:\n  usernames: 5\n",
         "line 3: field usernames: expected a mapping, as streamlit-authenticator writes it."),
        ("credentials:\n  users: {}\n",
         "line 2: field usernames: expected a mapping, as streamlit-authenticator writes it."),
        ("[" * 3000, "the file is nested too deeply to be a credentials file."),
    ],
)  # fmt: skip
def test_an_ill_formed_file_is_told_with_its_line(content: str, sentence: str) -> None:
    assert read_credentials(content.encode()) == ([], [sentence])


def test_a_file_that_is_no_text_or_too_large_is_told() -> None:
    assert read_credentials(b"\xff\xfe\x00")[1] == ["the file is not UTF-8 text: save it as UTF-8."]
    assert "larger than" in read_credentials(b"#" * 1_000_001)[1][0]


def test_what_is_wrong_with_one_entry_leaves_the_others() -> None:
    people, wrong = read_credentials(
        b"""\
credentials:
  usernames:
    good: {email: good@b.de, password: x}
    nomail: {password: x}
    badmail:
      password: x
      email: not an address
    guest: {email: guest@gmail.com, logged_in: true}
    twice: {email: GOOD@b.de, password: y}
    text: hello
    nothing:
    long: {email: long@b.de, password: "%s"}
"""
        % (b"x" * 300)
    )
    assert [(one.username, one.email, one.password) for one in people] == [("good", "good@b.de", "x")]
    assert wrong == [
        "line 4: field email of nomail is missing: people sign in with it.",
        "line 7: field email of badmail: Give a full e-mail address, such as ada@example.com.",
        "line 8: field password of guest is missing (a guest of Google or Microsoft?): add them under People.",
        "line 9: field email of twice: good@b.de stands in the file twice.",
        "line 10: text: expected fields such as email and password.",
        "line 11: nothing: expected fields such as email and password.",
        "line 12: field password of long is longer than 256 characters.",
    ]


def test_aliases_that_multiply_cost_nothing() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40))
    assert len(read_credentials(bomb.encode())[1]) == 1
