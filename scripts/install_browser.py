"""Make sure that a Chromium is there for the browser tests: Debian's by apt, elsewhere Playwright's own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CANDIDATES = ("chromium", "chromium-browser", "google-chrome")


def installed() -> str | None:
    """Return the path of a system Chromium, or None."""
    return next((path for name in CANDIDATES if (path := shutil.which(name))), None)


def main() -> None:
    """Install what is missing, quietly where nothing is."""
    if installed():
        return
    if Path("/etc/debian_version").exists() and os.geteuid() == 0:
        environment = {"DEBIAN_FRONTEND": "noninteractive", "PATH": os.defpath}
        # The list of a fresh image is empty or old: without the update apt finds nothing.
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)  # noqa: S607 - Debian knows where
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],  # noqa: S607 - Debian knows where
            check=True,
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__":
    main()
