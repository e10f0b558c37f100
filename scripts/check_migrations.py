"""Whether models and migrations agree (`alembic check`), on a throw-away server."""

import sys
import tempfile
from pathlib import Path

from db import embedded, migrate


def main() -> None:
    """Migrate an empty database and compare it with the models; exit 1 naming what differs."""
    logins = migrate.Logins("calos_app", "calos_reader", "throw-away", "throw-away")
    # /tmp may be closed to the unprivileged user that the server runs as when this is run as root.
    with tempfile.TemporaryDirectory(prefix="calos-check-", dir="/var/tmp") as folder:
        server = embedded.start(Path(folder), fast_unsafe=True)
        try:
            url = migrate.ensure_database(server.url, "calos_check")
            for plane in migrate.PLANES:
                migrate.upgrade(url, plane, logins)
            found = [migrate.differences(url, plane) for plane in migrate.PLANES]
        finally:
            embedded.stop(Path(folder))
    if any(found):
        sys.exit("Models and migrations differ:\n" + "\n".join(text for text in found if text))
    print("Models and migrations agree.")


if __name__ == "__main__":
    main()
