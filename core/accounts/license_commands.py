"""The operator's commands about licenses, as manage.py offers them: issued, given files, activated offline.

What is not needed to list the commands is imported by the one that needs it.
"""

from datetime import timedelta
from pathlib import Path

import click

from core import clock
from core.config import settings
from core.organizations.operating import changing

_out = click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it here instead of printing.")
_days = click.option("--days", type=click.IntRange(1, 3650), default=30, show_default=True, help="How long it holds.")
_endless = click.option("--endless", is_flag=True, help="Without end, in place of --days.")
_grace = click.option("--grace-days", type=click.IntRange(0, 90), default=0, show_default=True, help="Let pass after.")


@click.group("license")
def group() -> None:
    """Issue licenses, and files that stand for them without a connection."""


@group.command("issue")
@click.option("--customer", required=True, help="E-mail of the customer's contact, or the id of an organization.")
@click.option("--tier", type=click.Choice(["free", "basic", "pro", "enterprise"]), required=True)
@click.option("--billing-period", type=click.Choice(["monthly", "quarterly", "annual"]), default="monthly")
@click.option("--trial-days", type=click.IntRange(0, 365), default=0)
@click.option("--notes", default="")
def issue(customer: str, tier: str, billing_period: str, trial_days: int, notes: str) -> None:
    """Issue a license; prints the install id and, this once, the install secret."""
    from core.accounts.requests import LicenseRequest
    from core.accounts.writes import create_license

    request = LicenseRequest(customer, tier, billing_period, trial_days, notes)
    with changing() as (session, actor):
        made = create_license(session, actor, request, now=clock.now())
    click.echo(f"CALOS_INSTALL_ID={made.install_id}\nCALOS_INSTALL_SECRET={made.install_secret}")


@group.command("file")
@click.argument("install_id")
@click.option("--fingerprint", help="Bind it to this installation; else it is for any.")
@click.option("--public-key", help="Encrypt it to this X25519 key (base64url).")
@_days
@_endless
@_grace
@_out
def make_file(
    install_id: str,
    fingerprint: str | None,
    public_key: str | None,
    days: int,
    endless: bool,
    grace_days: int,
    out: Path | None,
) -> None:
    """Make a signed license file, and so activate the installation it is for."""
    from core.licensing import file_making
    from core.licensing.armor import from_b64u
    from core.licensing.file_terms import Terms
    from core.signing import open_ring

    now = clock.now()
    key = from_b64u(public_key, "The public key", length=32) if public_key else None
    terms = Terms(None if endless else timedelta(days=days), grace_days)
    with changing() as (session, actor):
        ring = open_ring(settings().home, "files", now=now)
        made = file_making.make_file(
            session, actor, ring, install_id, terms, fingerprint=fingerprint, public_key=key, now=now
        )
    _hand_over(made.content, out)


@group.command("activate-offline")
@click.argument("request_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_days
@_endless
@_grace
@_out
def activate_offline(request_file: Path, days: int, endless: bool, grace_days: int, out: Path | None) -> None:
    """Answer an activation request with a license file to carry back."""
    from core.licensing import file_making
    from core.licensing.file_terms import Terms
    from core.signing import open_ring

    now = clock.now()
    terms = Terms(None if endless else timedelta(days=days), grace_days)
    text = request_file.read_text(encoding="utf-8", errors="replace")
    with changing() as (session, actor):
        ring = open_ring(settings().home, "files", now=now)
        _, made = file_making.activate_offline(session, actor, ring, text, terms, now=now)
    _hand_over(made.content, out)


@group.command("check-file")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check_file(file: Path) -> None:
    """Say whether a license file is ours, for whom, until when, and what it is worth today; exit 1 if it is not."""
    from core.errors import InvalidInput
    from core.licensing import files
    from core.licensing.file_terms import worth
    from core.signing import open_ring

    now = clock.now()
    ring = open_ring(settings().home, "files", now=now)
    keys = {key.kid: key.public for key in (ring.current, *ring.older)}
    try:
        said = files.opened(file.read_text(encoding="utf-8", errors="replace"), keys)
    except InvalidInput as refused:
        if refused.code != "encrypted_file":
            raise
        click.echo("Its signature holds. It is encrypted to an installation, which alone can read it.")
        return
    for name in ("installId", "fingerprint", "issuedAt", "fileExpiresAt", "graceDays"):
        click.echo(f"{name}: {'none' if said[name] is None else said[name]}")
    found = said["license"]
    click.echo(f"license: {found['tier']}, {found['term']}, until {found['expiresAt'] or 'further notice'}")
    judged = worth(said, install_id=said["installId"], fingerprint=said["fingerprint"], now=now)
    click.echo(f"today: {'holds' if judged.valid else 'does not hold'} ({judged.code.value})")


def _hand_over(content: str, out: Path | None) -> None:
    if out is None:
        click.echo(content, nl=False)
        return
    out.write_text(content, encoding="utf-8", newline="\n")
    click.echo(f"Written to {out}. It cannot be recalled: it goes on until it ends, whatever becomes of the license.")
