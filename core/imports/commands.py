"""The operator's commands that move books and licenses in, as manage.py offers them."""

from pathlib import Path
from typing import Final

import click

from core import clock
from core.config import settings
from core.databases import migrate_all
from core.organizations.operating import opened
from db.session import SYSTEM

_mapping = click.argument("mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_folder = click.argument("folder", type=click.Path(path_type=Path))
_check = click.option(
    "--check", "only_check", is_flag=True, help="Say what would happen and what is wrong; write nothing."
)
_report = click.option(
    "--report", "report_file", type=click.Path(dir_okay=False, path_type=Path), help="Every finding, as CSV."
)
_into_demo = click.option("--into-demo", is_flag=True, help="Mix the books into the demo world all the same.")


@click.command("import")
@_mapping
@_folder
@_check
@_report
@_into_demo
def import_books(mapping: Path, folder: Path, only_check: bool, report_file: Path | None, into_demo: bool) -> None:
    """Take over the books of another system: MAPPING.yaml says which columns of the CSV files in FOLDER are what."""
    from core.imports import console  # pandas and all the domains: no other command needs them

    migrate_all(settings())
    with opened() as databases:
        order = console.order_from(mapping, folder)
        with databases.control.read(SYSTEM) as session:
            checked = console.look(session, order, into_demo=into_demo or only_check, now=clock.now())
        for line in console.told(checked):
            click.echo(line)
        _keep(report_file, console.report(checked))
        if only_check or not checked.new_rows:
            click.echo("Nothing was written." if only_check else "Everything is here already: nothing was written.")
            return
        with databases.control.write(SYSTEM) as session:
            run_id = console.begin(session, order, checked, now=clock.now())
        console.take(databases, run_id, checked, clock=clock.now, say=click.echo)


@click.command("import-keygen")
@_mapping
@_folder
@click.option("--public-key", "public_keys", multiple=True, help="Hex or a PEM file: keys it signed go on verifying.")
@_check
@_report
@_into_demo
def import_keygen(
    mapping: Path,
    folder: Path,
    public_keys: tuple[str, ...],
    only_check: bool,
    report_file: Path | None,
    into_demo: bool,
) -> None:
    """Move in from Keygen: FOLDER holds what its API answers, MAPPING.yaml which tier each policy becomes."""
    from core.imports.keygen import console  # as above

    migrate_all(settings())
    with opened() as databases, databases.control.write(SYSTEM) as session:
        plan = console.plan_of(session, mapping, folder)
        for line in console.told(plan):
            click.echo(line)
        _keep(report_file, console.report(plan))
        if only_check:
            click.echo("Nothing was written.")
            return
        keys = {key[:40]: Path(key).read_text() if Path(key).is_file() else key for key in public_keys}
        for line in console.take(session, plan, keys, into_demo=into_demo, now=clock.now()):
            click.echo(line)


@click.command("import-chartmogul")
@_folder
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Which tier each plan becomes; without it, the folder's chartmogul.yaml.",
)
@_check
@_report
@_into_demo
def import_chartmogul(
    folder: Path, mapping: Path | None, only_check: bool, report_file: Path | None, into_demo: bool
) -> None:
    """Move in from ChartMogul: FOLDER holds its exports, as its API answers (JSON) or as CSV."""
    from core.imports.chartmogul import console  # as above
    from core.imports.console import Progress

    migrate_all(settings())
    with opened() as databases:
        order = console.order_from(mapping, folder)
        with databases.control.read(SYSTEM) as session:
            moving = console.look(session, order, into_demo=into_demo or only_check, now=clock.now())
        for line in console.told(moving.checked):
            click.echo(line)
        _keep(report_file, console.report(moving.checked))
        if only_check:
            click.echo("Nothing was written.")
            return
        with databases.control.write(SYSTEM) as session:
            run_id = console.begin(session, order, moving.checked, now=clock.now())
        console.take(databases, run_id, moving, clock=clock.now, report=Progress(click.echo))
    click.echo("Everything is in. `manage.py reconcile-chartmogul` compares it with ChartMogul's own figures.")


@click.command("reconcile-chartmogul")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="As for the import.")
@_report
def reconcile_chartmogul(folder: Path | None, mapping: Path | None, report_file: Path | None) -> None:
    """Compare MRR and movements with ChartMogul's to the cent: FOLDER's, else those that were kept last."""
    from core.imports.chartmogul import console, parallel  # as above

    migrate_all(settings())
    with opened() as databases, databases.control.write(SYSTEM) as session:
        if folder is not None:
            console.keep(session, console.order_from(mapping, folder), now=clock.now())
        found = parallel.run_beside(session, console.operator_of(session, now=clock.now()))
        for line in parallel.told(found):
            click.echo(line)
        _keep(report_file, parallel.as_csv(found))


ALL: Final = (import_books, import_keygen, import_chartmogul, reconcile_chartmogul)


def _keep(report_file: Path | None, report: str) -> None:
    if report_file is not None:
        report_file.write_text(report, encoding="utf-8", newline="")
        click.echo(f"Every finding is in {report_file}.")
