"""How Alembic runs one plane's migrations: on a connection that db/migrate.py hands over, or as SQL text."""

from typing import Any

from alembic import context

from db.migrate import PLANES

plane = PLANES[context.config.attributes["plane"]]


def include_object(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Leave to others what is theirs: the job queue's tables, partitions, and the other plane in the same database."""
    if kind == "table" and reflected and compare_to is None:
        return name in plane.metadata.tables
    return True


options: dict[str, Any] = {
    "target_metadata": plane.metadata,
    "version_table": plane.version_table,
    "include_object": include_object,
    "compare_type": True,
    "compare_server_default": False,
}

if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True, **options)
    with context.begin_transaction():
        context.run_migrations()
else:
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, **options)
    with context.begin_transaction():
        context.run_migrations()
