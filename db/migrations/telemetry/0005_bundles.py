"""Bundles of telemetry that were carried in as files, why events were refused, and each install's last payload."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.policies import protect_installs

revision = "0005_bundles"
down_revision = "0004_reader"
branch_labels = None
depends_on = None

BY_DAY = ("actor_rollup", "facet_rollup", "feature_actor_rollup", "ingest_quota")


def _count(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)


def upgrade() -> None:
    """Make the tables and let the app at them."""
    op.create_table(
        "ingest_refusal",
        sa.Column("install_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        _count("events"),
        sa.PrimaryKeyConstraint("install_id", "day", "code", name=op.f("pk_ingest_refusal")),
    )
    op.create_table(
        "last_payload",
        sa.Column("install_id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("install_id", name=op.f("pk_last_payload")),
    )
    op.create_table(
        "bundle",
        sa.Column("install_id", sa.Text(), nullable=False),
        sa.Column("bundle_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("carried_by", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        *(_count(name) for name in ("events", "taken", "accepted", "duplicates", "refused")),
        sa.Column("refusals", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("install_id", "bundle_id", name=op.f("pk_bundle")),
    )
    for table in ("ingest_refusal", "last_payload", "bundle"):
        protect_installs(table)
    # A bundle is carried in by people, so the ingest door has no business there.
    op.execute("DROP POLICY door ON bundle")
    for table in BY_DAY:
        op.create_index(f"ix_{table}_day", table, ["day"], postgresql_using="brin")


def downgrade() -> None:
    """Drop them."""
    for table in BY_DAY:
        op.drop_index(f"ix_{table}_day", table)
    for table in ("bundle", "last_payload", "ingest_refusal"):
        op.drop_table(table)
