"""The operator's commands: `python manage.py --help`."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import click
from sqlalchemy.exc import DBAPIError

from core import clock
from core.access.permissions import Role
from core.accounts import license_commands
from core.config import Settings, check, settings
from core.databases import logins, migrate_all, owner_urls, refusal_of
from core.errors import CalosError
from core.finance import commands as ledger_commands
from core.imports import commands as import_commands
from core.imports.stripe import commands as stripe_commands
from core.organizations.operating import changing, opened, operator
from db import migrate as migrations
from db.session import SYSTEM


class Commands(click.Group):
    """Turns what the house refuses into a sentence and exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except CalosError as refused:
            raise click.ClickException(refused.message) from refused
        except DBAPIError as failure:
            raise click.ClickException(refusal_of(failure, settings()).message) from failure


@click.group(cls=Commands)
def main() -> None:
    """Operate an installation of Calos; settings come from the environment (see docs/operating.md)."""


@main.command()
@click.option("--sql", is_flag=True, help="Print the migrations as SQL for psql instead of running them.")
@click.option("--check", "only_check", is_flag=True, help="Say whether models and database agree; exit 1 if not.")
def migrate(sql: bool, only_check: bool) -> None:
    """Bring the database to the tables of this version."""
    current = settings()
    if sql:
        for plane in migrations.PLANES:
            click.echo(migrations.as_sql(plane, logins(current)))
        return
    migrate_all(current)
    if only_check:
        found = [migrations.differences(url, plane) for plane, url in _planes(current)]
        if any(found):
            raise click.ClickException("\n".join(text for text in found if text))
    click.echo("The tables are up to date.")


def _planes(current: Settings) -> list[tuple[str, str]]:
    return list(zip(("control", "telemetry"), owner_urls(current), strict=True))


@main.command()
@click.argument("part", type=click.Choice(["all", "ui", "api", "live"]), default="all")
@click.option("--port", type=click.IntRange(1, 65535), help="Instead of CALOS_PORT.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Processes; for `api` only.")
def serve(part: str, port: int | None, workers: int) -> None:
    """Serve everything on one port, or a part of it by itself."""
    from api.serve import serve as run  # the web server is not needed by the other commands

    check(settings())
    run(part, port or settings().port, workers)


@main.command()
def worker() -> None:
    """Do background work in a process of its own (set CALOS_WORKER=0 for the app then)."""
    from api.serve import work  # as above

    check(settings())
    work()


@main.group()
def demo() -> None:
    """Build or remove the demo world."""


@demo.command("build")
@click.option("--only-test-customer", is_flag=True, help="Add only the customer “Demo Customer”.")
def demo_build(only_test_customer: bool) -> None:
    """Build what is missing of the demo world."""
    from core.demo import world  # the demo is a large module that no other command needs

    migrate_all(settings())
    with opened() as databases:
        world.build(databases, settings(), now=clock.now(), report=click.echo, only_test_customer=only_test_customer)


@demo.command("remove")
@click.confirmation_option(prompt="Remove every row of the demo world? Your own customers stay.")
def demo_remove() -> None:
    """Take every row of the demo world out, and nothing else."""
    from core.demo.removal import remove  # as above

    with opened() as databases:
        removed = remove(databases, settings(), now=clock.now())
    click.echo(f"Removed {removed} demo customers with everything of theirs.")


@main.group()
def user() -> None:
    """Add people and change their roles."""


@user.command("create")
@click.option("--email", required=True)
@click.option("--name", default="")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.MEMBER.value)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
def user_create(email: str, name: str, role: str, password: str) -> None:
    """Add a person of the vendor who can sign in at once."""
    from core.access.people import create_person

    with changing() as (session, actor):
        create_person(session, actor, actor.organization_id, email, name, Role(role), password, now=clock.now())
    click.echo(f"{email} can sign in as {role}.")


@user.command("role")
@click.option("--email", required=True)
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
def user_role(email: str, role: str) -> None:
    """Give a person another role."""
    from core.access.directory import person_by_email
    from core.access.membership import change_role

    with changing() as (session, actor):
        found = person_by_email(session, actor, email, now=clock.now())
        change_role(session, actor, found.id, Role(role), now=clock.now())
    click.echo(f"{email} is {role} now.")


@user.command("password")
@click.option("--email", required=True)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
def user_password(email: str, password: str) -> None:
    """Set somebody's password, unlock them and end their sessions."""
    from core.access.directory import person_by_email
    from core.access.password_changes import reset_password

    now = clock.now()
    with changing() as (session, actor):
        reset_password(session, actor, person_by_email(session, actor, email, now=now).id, password, now=now)
    click.echo(f"{email} signs in with the new password from now on; every earlier session has ended.")


main.add_command(license_commands.group)


@main.group()
def release() -> None:
    """Releases of what you sell."""


@release.command("add")
@click.argument("version")
@click.option("--released", type=click.DateTime(["%Y-%m-%d"]), help="Day (UTC) it came out; today if left out.")
@click.option("--supported-until", type=click.DateTime(["%Y-%m-%d"]), help="Day (UTC) on which support ends.")
def release_add(version: str, released: datetime | None, supported_until: datetime | None) -> None:
    """Record a release, or correct what is known of one."""
    from core.licensing.releases import record_release

    out, ends = (day.replace(tzinfo=UTC) if day else None for day in (released, supported_until))
    with changing() as (session, actor):
        now = clock.now()
        made = record_release(session, actor, version, released_at=out or now, supported_until=ends, now=now)
    click.echo(f"Release {made.version} is known as of {made.released_at:%B %d, %Y}.")


@main.group()
def telemetry() -> None:
    """Telemetry of installs."""


@telemetry.command("sample")
@click.argument("install_id")
def telemetry_sample(install_id: str) -> None:
    """Add 50 sample events of the last 30 days to an install, to see its culture profile filled."""
    from core.licensing.reads import license_by_install
    from core.telemetry.sample import sample_events
    from core.telemetry.writes import ingest

    now = clock.now()
    with opened() as databases:
        with databases.control.read(SYSTEM) as control:
            license_by_install(control, operator(control), install_id, now=now)
        with databases.telemetry.write(SYSTEM) as session:
            receipt = ingest(session, install_id, sample_events(install_id, now, now.toordinal()), now=now)
    click.echo(f"Added {receipt.accepted} events to {install_id}. Its culture profile follows within seconds.")


@telemetry.command("import-bundle")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def telemetry_import_bundle(file: Path) -> None:
    """Take a bundle of events that was carried here from an install without a connection."""
    from core.telemetry import console

    with opened() as databases, databases.control.read(SYSTEM) as session:
        click.echo("\n".join(console.import_bundle(databases, operator(session), file, settings(), now=clock.now())))


@telemetry.command("retention")
@click.option("--dry-run", is_flag=True, help="Say what is past its time; delete nothing.")
def telemetry_retention(dry_run: bool) -> None:
    """Let go of what is past its time, as a running Calos does every six hours."""
    from core.telemetry import console

    with opened() as databases:
        click.echo("\n".join(console.run_retention(databases, settings(), now=clock.now(), dry_run=dry_run)))


@main.group()
def audit() -> None:
    """The audit trail."""


@audit.command("verify")
def audit_verify() -> None:
    """Check every chain and its signed checkpoints; name the first break and exit 1 if there is one."""
    from core.access.chain_verification import verify
    from core.access.checkpoints import audit_key, folder_of

    home = settings().home
    with opened() as databases, databases.control.read(SYSTEM) as session:
        report = verify(session, folder_of(home), audit_key(home).verify_key)
    for chain in report.broken:
        broken = chain.broken
        click.echo(f"BROKEN  organization {chain.organization_id}: {broken.sentence if broken else ''}")
    click.echo(
        f"{report.organizations} chains, {report.entries} entries, {report.checkpoints} checkpoints, "
        f"{report.unsealed} not yet sealed: {'all whole' if report.intact else f'{len(report.broken)} broken'}."
    )
    if not report.intact:
        sys.exit(1)


@main.group()
def key() -> None:
    """Signing keys."""


@key.command("rotate")
@click.option(
    "--withdraw", is_flag=True, help="Withdraw the keys until now at once, and all they signed: after a theft."
)
@click.option(
    "--in",
    "days",
    type=click.IntRange(1, 365),
    help="Publish the next keys now, and sign with them in so many days: whoever keeps the set has them by then.",
)
def key_rotate(withdraw: bool, days: int | None) -> None:
    """Sign answers and license files with new keys, now or announced; old ones stay published, 90 days or ten years."""
    from core.signing import Use, announce_next, rotate

    if days and withdraw:
        raise click.UsageError("A stolen key is withdrawn at once: use --withdraw without --in.")
    if days:
        begins = clock.now() + timedelta(days=days)
        for use in get_args(Use):
            ring = announce_next(settings().home, use, signs_from=begins, now=clock.now())
            kid = ring.next.kid if ring.next else ring.current.kid
            click.echo(f"{use.capitalize()} will be signed with the key {kid} from {begins:%Y-%m-%d %H:%M} UTC on.")
        return
    for use in get_args(Use):
        made = rotate(settings().home, use, now=clock.now(), overlap=timedelta(0) if withdraw else None)
        click.echo(f"{use.capitalize()} are signed with the key {made.current.kid} now.")
    click.echo("Running processes notice it within a second.")


for command in (*import_commands.ALL, *ledger_commands.ALL):
    main.add_command(command)
main.add_command(stripe_commands.group)


@main.command()
def doctor() -> None:
    """Check the installation and say what is wrong and how to mend it."""
    from core.doctor import examine

    findings = list(examine(settings(), Path(__file__).parent))
    for finding in findings:
        click.echo(f"{'ok ' if finding.well else 'BAD'}  {finding.subject}: {finding.detail}")
        if finding.mend:
            click.echo(f"     {finding.mend}")
    if not all(finding.well for finding in findings):
        sys.exit(1)


if __name__ == "__main__":
    main()
