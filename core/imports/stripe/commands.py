"""The operator's commands for Stripe, as manage.py offers them."""

import click

from core import clock
from core.billing.stripe_gateway import account_of
from core.config import settings
from core.databases import migrate_all
from core.errors import InvalidInput
from core.organizations.operating import opened


@click.group("stripe")
def group() -> None:
    """Take in what Stripe bills."""


@group.command("backfill")
@click.option("--into-demo", is_flag=True, help="Mix Stripe's customers into the demo world all the same.")
def backfill(into_demo: bool) -> None:
    """Take in Stripe's customers, prices, subscriptions, invoices, payments, refunds and disputes.

    Stopped midway, it goes on where it was when it is started again.
    """
    from core.imports.stripe import running  # all the domains: no other command needs them

    account = account_of(settings())
    if account is None:
        raise InvalidInput("Set STRIPE_SECRET_KEY first; docs/stripe.md says which rights the key needs.")
    migrate_all(settings())
    with opened() as databases:
        told = running.Running(databases, account, clock.now)
        running.backfill(told, into_demo=into_demo, report=lambda stage, done: click.echo(f"{stage}: {done:,}"))
    click.echo("Everything is in. The page Reconciliation compares it with the ledger.")
