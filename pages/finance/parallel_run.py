"""Parallel run: whether ChartMogul and our ledger say the same, month by month, and each thing on which they don't."""

from core.access.actor import Actor
from core.access.permissions import Permission
from core.imports.chartmogul.parallel import ParallelRun, run_beside
from pages.finance import parallel_run_figures, parallel_run_rows
from pages.parts import links, session
from pages.parts.cards import Drill, header
from pages.parts.empty import empty
from pages.parts.load import load, told


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.FINANCE_READ)
    right = header("Parallel run", "ChartMogul's MRR and movements beside our ledger's, month by month.")
    with told("the parallel run"):
        found: ParallelRun = load(run_beside, actor)
        if found.export is None:
            _nothing(actor)
            return
        with right:
            if found.import_id is not None and actor.may(Permission.ORGANIZATION_CREATE):
                links.link("import", "The import", {"import": str(found.import_id)}, icon="upload_file")
        parallel_run_figures.verdict(found)
        parallel_run_figures.tiles_of(found)
        parallel_run_rows.differences(found)
        parallel_run_rows.months(found)


def _nothing(actor: Actor) -> None:
    may = actor.may(Permission.ORGANIZATION_CREATE)
    empty(
        "parallel-run",
        "Nothing of ChartMogul's is here yet",
        "Save its exports in a folder and run manage.py import-chartmogul FOLDER (docs/imports.md says which files). "
        "Each month then stands here beside ours, and every difference is named.",
        icon="compare_arrows",
        link=Drill(links.to("import"), "Imports") if may else None,
    )
