"""Row-level security and grants, as the migrations write them: the second lock behind scoped reads."""

from collections.abc import Sequence

from alembic import context, op

_SCOPE = "(SELECT current_setting('app.scope', true))"
# Compared within the subquery: the planner takes a boolean one to be true half the time, where it would take a scope
# that is compared outside to hit a row in a hundred, and sort whole tables that an index has in order.
_SEES_ALL = "(SELECT current_setting('app.scope', true) IN ('vendor', 'system'))"
_ORGANIZATION = "(SELECT nullif(current_setting('app.organization', true), '')::uuid)"
_INSTALLS = "(SELECT string_to_array(current_setting('app.installs', true), ','))::text[]"


def protect(
    table: str,
    *,
    key: str = "organization_id",
    door: bool = False,
    append_only: bool = False,
    vendor_only: bool = False,
) -> None:
    """Let the app see rows of `table` only within its tenancy; `door` opens it to sign-in, verification and ingest.

    `vendor_only` is for what a customer never reads, although it may be about them: costs, scores, imports.
    """
    seen = _SEES_ALL if vendor_only else f"{_SEES_ALL} OR {key} = {_ORGANIZATION}"
    _protect(table, seen, door=door, append_only=append_only)


def protect_installs(table: str) -> None:
    """Let the app see rows of a telemetry table only for the installs of its tenancy; ingest is a door."""
    _protect(table, f"{_SEES_ALL} OR install_id = ANY ({_INSTALLS})", door=True)


def shared(table: str, *, write: bool = True) -> None:
    """Open a table without a tenant (tiers, prices, marks) to the app."""
    _grant(table, "SELECT, INSERT, UPDATE, DELETE" if write else "SELECT")


def readable(table: str, columns: Sequence[str] = (), *, take_back: bool = False) -> None:
    """Let Ask's reader see a table, or only some of its columns, within its tenancy; or take that back."""
    what = f"SELECT ({', '.join(columns)})" if columns else "SELECT"
    verb, side = ("REVOKE", "FROM") if take_back else ("GRANT", "TO")
    op.execute(f"{verb} {what} ON {table} {side} {context.config.attributes['reader']}")


def _protect(table: str, seen: str, *, door: bool, append_only: bool = False) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant ON {table} USING ({seen}) WITH CHECK ({seen})")
    if door:
        at_door = f"{_SCOPE} = 'door'"
        op.execute(f"CREATE POLICY door ON {table} USING ({at_door}) WITH CHECK ({at_door})")
    # Append-only tables lose UPDATE and DELETE for the app itself, not merely by convention.
    _grant(table, "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE")


def _grant(table: str, rights: str) -> None:
    op.execute(f"GRANT {rights} ON {table} TO {context.config.attributes['app']}")
