"""The operator's commands of the ledger: is it whole, and what do the subscriptions say it should be."""

from collections.abc import Sequence
from typing import Final

import click

from core.finance.rebuild import NAMED, count_days_anew, days_counted_anew, merge_days, told_anew
from core.organizations.operating import opened
from db.session import SYSTEM


@click.group()
def ledger() -> None:
    """Verify the movement ledger, and tell it anew from the subscriptions."""


@ledger.command("verify")
def verify() -> None:
    """Say whether the sums by the day are those of the movements, and nobody pays less than nothing."""
    with opened() as databases, databases.control.read(SYSTEM) as session:
        found = days_counted_anew(session)
    _name(found)
    click.echo("The ledger is whole: each day's sums are those of its movements.")


@ledger.command("rebuild")
@click.option("--check", "only_check", is_flag=True, help="Compare, and write nothing.")
def rebuild(only_check: bool) -> None:
    """Tell every movement anew from the subscriptions and name each difference; count the sums by the day anew.

    Movements are never altered: a difference is for a person to judge.
    """
    with opened() as databases:
        if not only_check:
            with databases.control.write(SYSTEM) as session:
                count_days_anew(session)
        with databases.control.read(SYSTEM) as session:
            found, report = days_counted_anew(session), told_anew(session)
    click.echo(f"{report.movements:,} movements of {report.customers:,} customers told anew.")
    if report.otherwise:
        click.echo(f"{report.otherwise:,} customers moved the same amounts in other steps.")
    _name((*found, *report.differences))
    click.echo("The subscriptions say what the ledger says.")


@ledger.command("merge")
def merge() -> None:
    """Make one row of each day's many, as the hourly job does."""
    with opened() as databases, databases.control.write(SYSTEM) as session:
        merge_days(session)


def _name(differences: Sequence[str]) -> None:
    """Print differences and end with exit code 1 where there are any."""
    for each in differences[:NAMED]:
        click.echo(each)
    if differences:
        rest = len(differences) - NAMED
        raise click.ClickException(f"{len(differences):,} differences{f', {rest:,} not shown' if rest > 0 else ''}.")


ALL: Final = (ledger,)
