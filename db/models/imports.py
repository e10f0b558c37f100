"""Tables of imports: each run with its files and report, and a marker for every row that was ever taken."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Uuid
from sqlalchemy.sql import text as sql

from db.models import metadata
from db.types import Json, instant, organization_id, primary_id, text

import_run = Table(
    "import_run",
    metadata,
    primary_id(),
    # The vendor's: whose books these become.
    organization_id(),
    text("books"),
    text("mapping_name"),
    text("mapping"),
    text("state"),
    text("started_by"),
    instant("created_at"),
    instant("started_at", nullable=True),
    instant("finished_at", nullable=True),
    instant("as_of", nullable=True),
    # How far it is: customers whose rows are all in, of how many.
    text("stage", server_default=sql("''")),
    Column("done", Integer, nullable=False, server_default=sql("0")),
    Column("total", Integer, nullable=False, server_default=sql("0")),
    # Counts by source and by reason, date formats, notes, a preview: what the page shows of the report.
    Column("summary", Json, nullable=False),
    # Every refused and doubtful row as CSV, compressed.
    Column("report", LargeBinary, nullable=False),
    text("failure", nullable=True),
    CheckConstraint("state IN ('checked', 'queued', 'running', 'done', 'failed')", name="state"),
)
Index("ix_import_run_created", import_run.c.created_at.desc())

# The files of a run that waits or goes on, compressed; their contents go when it is done.
import_file = Table(
    "import_file",
    metadata,
    Column("import_id", Uuid, ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True),
    text("name", primary_key=True),
    organization_id(),
    Column("digest", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=True),
)

# One row of a source, once taken: the same row again is known, the same id with other content is refused.
import_row = Table(
    "import_row",
    metadata,
    text("books", primary_key=True),
    text("source", primary_key=True),
    text("external_id", primary_key=True),
    organization_id(index=True),
    Column("digest", LargeBinary, nullable=False),
    text("outcome"),
    Column("import_id", Uuid, ForeignKey("import_run.id"), nullable=False),
    CheckConstraint("outcome IN ('imported', 'doubtful')", name="outcome"),
)

# Of systems that licenses came from; what one of these signed is believed. Named by the SHA-256 of its DER form.
trusted_key = Table(
    "trusted_key",
    metadata,
    text("fingerprint", primary_key=True),
    organization_id(),
    text("label"),
    text("scheme"),
    Column("public_key", LargeBinary, nullable=False),
    instant("added_at"),
    CheckConstraint("scheme IN ('ed25519', 'rsa')", name="scheme"),
)
