"""What the doctor's tests share: settings of an installation of their own, a free port, findings by subject."""

import socket
from pathlib import Path
from typing import Any

from core.config import Settings
from core.doctor.finding import Finding


def settings(home: Path, **changed: Any) -> Settings:
    given = {"CALOS_DEMO": False, "DATABASE_URL": "", "JWT_SECRET": "", **changed}
    return Settings(_env_file=None, CALOS_HOME=home, **given)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def by_subject(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings}
