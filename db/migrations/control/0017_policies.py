"""Seats on lease, rules of licenses beyond the first ones, and the words by which licenses are found."""

import sqlalchemy as sa
from alembic import context, op

from db.migrations.policies import protect

revision = "0017_policies"
down_revision = "0016_ask"
branch_labels = None
depends_on = None

# What a text is found by: itself, and what is left of it from each later word on. A word is what stands between signs
# that are neither letters nor digits. Compared byte by byte (COLLATE "C"), a prefix is a range that an index answers,
# and such comparisons are leakproof, so that it does under row-level security too.
WORDS = r"""
CREATE FUNCTION search_words(given text) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT DISTINCT substr(said, place, 100)
    FROM (SELECT lower(left(given, 300)) AS said) one, LATERAL (
        SELECT 1 AS place
        UNION ALL
        SELECT 1 + (sum(length(part[1]) + length(part[2])) OVER (ORDER BY n))::int - length(part[2])
        FROM regexp_matches(said, '(\W*)(\w+)', 'g') WITH ORDINALITY AS found (part, n)
        LIMIT 13
    ) places
    WHERE said <> ''
$$
"""
# Written by triggers, as the owner: licenses come in by many ways (issue, import, COPY), and the verify door, which
# activates installations, is no place for a second statement. `source` is what a word is of: the empty text for the
# license itself, a slash and its fingerprint for an installation; so what changes takes only its own words along.
_OWN = """
        INSERT INTO public.license_word (word, license_id, source, organization_id)
        SELECT DISTINCT word COLLATE "C", m.id, '', m.organization_id
        FROM {whose}, LATERAL (
            SELECT public.search_words(m.install_id)
            UNION ALL SELECT public.search_words(d.host) FROM unnest(m.domains) AS d (host)
        ) AS found (word)
"""
_INSTALLED = """
        INSERT INTO public.license_word (word, license_id, source, organization_id)
        SELECT DISTINCT word COLLATE "C", m.license_id, '/' || m.fingerprint, m.organization_id
        FROM {whose}, LATERAL (
            SELECT public.search_words(m.domain)
            UNION ALL SELECT lower(left(m.fingerprint, 100)) WHERE m.fingerprint <> ''
        ) AS found (word)
"""
_HEAD = "RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
TRIGGERS = (
    f"""
    CREATE FUNCTION note_license_words() {_HEAD} AS $$
    BEGIN
        {_OWN.format(whose="made m")};
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER license_words AFTER INSERT ON license
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION note_license_words()
    """,
    f"""
    CREATE FUNCTION renew_license_words() {_HEAD} AS $$
    BEGIN
        DELETE FROM public.license_word WHERE license_id = NEW.id AND source = '';
        {_OWN.format(whose="(SELECT NEW.*) m")};
        UPDATE public.license_word SET organization_id = NEW.organization_id
        WHERE license_id = NEW.id AND organization_id <> NEW.organization_id;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER license_words_anew AFTER UPDATE OF domains, organization_id ON license FOR EACH ROW
    WHEN (OLD.domains IS DISTINCT FROM NEW.domains OR OLD.organization_id IS DISTINCT FROM NEW.organization_id)
    EXECUTE FUNCTION renew_license_words()
    """,
    f"""
    CREATE FUNCTION note_installation_words() {_HEAD} AS $$
    BEGIN
        {_INSTALLED.format(whose="made m")};
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER installation_words AFTER INSERT ON installation
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION note_installation_words()
    """,
    f"""
    CREATE FUNCTION renew_installation_words() {_HEAD} AS $$
    BEGIN
        DELETE FROM public.license_word WHERE license_id = OLD.license_id AND source = '/' || OLD.fingerprint;
        IF TG_OP = 'UPDATE' THEN
            {_INSTALLED.format(whose="(SELECT NEW.*) m")};
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER installation_words_anew AFTER UPDATE OF domain ON installation FOR EACH ROW
    WHEN (OLD.domain IS DISTINCT FROM NEW.domain) EXECUTE FUNCTION renew_installation_words()
    """,
    """
    CREATE TRIGGER installation_words_gone AFTER DELETE ON installation FOR EACH ROW
    EXECUTE FUNCTION renew_installation_words()
    """,
    """
    CREATE FUNCTION note_organization_words() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        INSERT INTO public.organization_word (word, organization_id)
        SELECT DISTINCT word COLLATE "C", m.id FROM made m, LATERAL (SELECT public.search_words(m.name)) AS f (word);
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER organization_words AFTER INSERT ON organization
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION note_organization_words()
    """,
    """
    CREATE FUNCTION renew_organization_words() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        DELETE FROM public.organization_word WHERE organization_id = NEW.id;
        INSERT INTO public.organization_word (word, organization_id)
        SELECT DISTINCT word COLLATE "C", NEW.id FROM public.search_words(NEW.name) AS f (word);
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER organization_words_anew AFTER UPDATE OF name ON organization FOR EACH ROW
    WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION renew_organization_words()
    """,
)
DROPPED = (
    "DROP TRIGGER license_words ON license",
    "DROP TRIGGER license_words_anew ON license",
    "DROP TRIGGER installation_words ON installation",
    "DROP TRIGGER installation_words_anew ON installation",
    "DROP TRIGGER installation_words_gone ON installation",
    "DROP TRIGGER organization_words ON organization",
    "DROP TRIGGER organization_words_anew ON organization",
    "DROP FUNCTION note_license_words, renew_license_words, note_installation_words, renew_installation_words, "
    "note_organization_words, renew_organization_words, search_words",
)


def upgrade() -> None:
    """Make the tables and let the app at them; take down the words of what is there."""
    op.add_column(
        "license", sa.Column("seat_heartbeat_seconds", sa.Integer(), server_default=sa.text("600"), nullable=False)
    )
    op.create_check_constraint("seat_heartbeat", "license", "seat_heartbeat_seconds BETWEEN 60 AND 86400")
    op.drop_constraint("overage", "license", type_="check")
    op.create_check_constraint("overage", "license", "overage IN ('deny', 'allow', '1.25x', '1.5x', '2x')")
    _indexes()
    op.create_table(
        "seat_lease",
        sa.Column("license_id", sa.Uuid(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("license_id", "holder", name=op.f("pk_seat_lease")),
        *_keys("seat_lease"),
    )
    op.create_index("ix_seat_lease_expires_at", "seat_lease", ["expires_at"])
    op.create_index("ix_seat_lease_license", "seat_lease", ["license_id", "expires_at"])
    op.create_table(
        "license_word",
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.Column("license_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("word", "license_id", "source", name=op.f("pk_license_word")),
        *_keys("license_word", organization=False),
    )
    op.create_index("ix_license_word_source", "license_word", ["license_id", "source"])
    op.create_table(
        "organization_word",
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("word", "organization_id", name=op.f("pk_organization_word")),
        *_keys("organization_word", license=False),
    )
    op.create_index("ix_organization_word_organization_id", "organization_word", ["organization_id"])
    protect("seat_lease", door=True)
    for table in ("license_word", "organization_word"):
        protect(table)
        # The triggers write them, as the owner.
        op.execute(f"REVOKE INSERT, UPDATE, DELETE ON {table} FROM {context.config.attributes['app']}")
    for statement in (WORDS, *TRIGGERS):
        op.execute(statement)
    op.execute(_OWN.format(whose="public.license m"))
    op.execute(_INSTALLED.format(whose="public.installation m"))
    op.execute(
        "INSERT INTO organization_word (word, organization_id) SELECT DISTINCT word, o.id "
        "FROM organization o, LATERAL (SELECT search_words(o.name)) AS f (word)"
    )


def _indexes() -> None:
    """Let rare statuses be found in the order of lists without walking all licenses."""
    newest = [sa.literal_column("issued_at DESC"), sa.literal_column("id DESC")]
    for name, condition in (
        ("revoked", "revoked_at IS NOT NULL"),
        ("suspended", "revoked_at IS NULL AND suspended_at IS NOT NULL"),
        ("ending", "revoked_at IS NULL AND suspended_at IS NULL AND expires_at IS NOT NULL"),
    ):
        op.create_index(f"ix_license_{name}", "license", newest, postgresql_where=sa.text(condition))


def _keys(table: str, *, organization: bool = True, license: bool = True) -> list[sa.Constraint]:
    made: list[sa.Constraint] = []
    if organization:
        name = op.f(f"fk_{table}_organization_id_organization")
        ends = None if table == "seat_lease" else "CASCADE"
        made.append(sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=name, ondelete=ends))
    if license:
        name = op.f(f"fk_{table}_license_id_license")
        made.append(sa.ForeignKeyConstraint(["license_id"], ["license.id"], name=name, ondelete="CASCADE"))
    return made


def downgrade() -> None:
    """Drop them."""
    for statement in DROPPED:
        op.execute(statement)
    for table in ("organization_word", "license_word", "seat_lease"):
        op.drop_table(table)
    for name in ("revoked", "suspended", "ending"):
        op.drop_index(f"ix_license_{name}", "license")
    op.drop_constraint("overage", "license", type_="check")
    op.create_check_constraint("overage", "license", "overage IN ('deny', 'allow')")
    op.drop_constraint("seat_heartbeat", "license", type_="check")
    op.drop_column("license", "seat_heartbeat_seconds")
