"""Shapes of license files and activation requests on the wire."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from api.depends import Answer, Strict
from api.schemas.licenses import InstallId
from core.errors import InvalidInput
from core.licensing.armor import from_b64u
from core.licensing.file_making import UNRECALLABLE
from core.licensing.file_register import IssuedFile
from core.licensing.file_terms import USUAL, Terms

# An armored text keeps its ends: the reader is strict about them.
Armored = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=20_000)]
Days = Annotated[int, Field(ge=1, le=3650)]
PublicKey = Annotated[str, StringConstraints(min_length=43, max_length=43)]


class FileTerms(Strict):
    """For how long a file holds: `ttlDays` (null: without end) or `ttlHours`, 30 days unless one is given."""

    ttl_days: Days | None = USUAL.days
    ttl_hours: Annotated[int, Field(ge=1, le=87_600)] | None = None
    grace_days: Annotated[int, Field(ge=0, le=90)] = 0

    def terms(self) -> Terms:
        """Return the terms, or raise InvalidInput where both lengths are given."""
        if self.ttl_hours is None:
            return Terms(None if self.ttl_days is None else timedelta(days=self.ttl_days), self.grace_days)
        if "ttl_days" in self.model_fields_set:
            raise InvalidInput("Give ttlDays or ttlHours, not both.", field="ttlHours")
        return Terms(timedelta(hours=self.ttl_hours), self.grace_days)


class FileRequest(FileTerms):
    """What a file is made for: a fingerprint binds it to one installation, a key encrypts it to one."""

    fingerprint: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    public_key: PublicKey | None = Field(None, description="b64u of an X25519 public key, 32 bytes.")

    def key(self) -> bytes | None:
        """Return the key's bytes, or raise InvalidInput."""
        return from_b64u(self.public_key, "publicKey", length=32) if self.public_key else None


class OwnFileRequest(FileRequest):
    """The same, sent by an installation."""

    install_id: InstallId


class OfflineActivation(FileTerms):
    """An activation request as the installation wrote it."""

    request: Armored


class IssuedFileRow(Answer):
    """A file that is out; the empty fingerprint is that of a file which is bound to no installation."""

    id: UUID
    fingerprint: str
    made_at: datetime
    made_by: str
    way: Literal["person", "install", "request"]
    file_expires_at: datetime | None
    grace_days: int
    encrypted: bool
    kid: str
    sha256: str = Field(description="Of the file's UTF-8 bytes, in hex.")

    @classmethod
    def of(cls, file: IssuedFile) -> Self:
        """Return the row of a file."""
        return cls.model_validate(_told(file))


class IssuedFiles(Answer):
    """The newest files of a license, at most 200."""

    files: list[IssuedFileRow]


class MadeFile(IssuedFileRow):
    """A file that was made, or found again; `detail` says what to know about it."""

    install_id: str
    file: str
    detail: str

    @classmethod
    def with_text(cls, install_id: str, file: IssuedFile) -> Self:
        """Return the answer for a file."""
        return cls.model_validate(
            {**_told(file), "install_id": install_id, "file": file.content, "detail": UNRECALLABLE}
        )


def _told(file: IssuedFile) -> dict[str, object]:
    told = {name: getattr(file, name) for name in IssuedFileRow.model_fields}
    return {**told, "sha256": file.sha256.hex()}
