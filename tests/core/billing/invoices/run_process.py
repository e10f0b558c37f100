"""A worker in a process of its own that is killed within a batch: after its rows were written, before they commit."""

import os
import signal
import sys
from datetime import datetime
from uuid import UUID

from core.accounts.invoice_runs import work
from core.config import settings
from core.databases import open_databases


def main() -> None:
    """Work a run off and die in the batch that reaches so many customers."""
    run_id, reached, now = UUID(sys.argv[1]), int(sys.argv[2]), datetime.fromisoformat(sys.argv[3])

    def report(done: int, _total: int) -> None:
        if done >= reached:
            os.kill(os.getpid(), signal.SIGKILL)

    work(open_databases(settings()), run_id, clock=lambda: now, report=report, batch=2)


if __name__ == "__main__":
    main()
