"""The only paths that an anonymous caller reaches; everything else asks for a session (a test walks them all)."""

# Reached before anybody is known. Each guards itself: by password, by install secret, by signature, or is public.
PUBLIC_PATHS = frozenset(
    {
        "/login",
        "/logout",
        "/setup",
        "/healthz",
        "/readyz",
        "/status",
        "/status.json",
        "/favicon.ico",
        "/.well-known/calos-keys.json",
        "/api/auth/token",
        "/api/licenses/file",
        "/api/licenses/seats",
        "/api/licenses/seats/release",
        "/api/licenses/verify",
        "/api/licenses/verify-key",
        "/api/stripe/webhook",
        "/api/telemetry/events",
        "/api/usage/records",
        "/api/openapi.json",
        "/api/docs",
        "/metrics",
        "/unsubscribe",
    }
)
PUBLIC_PREFIXES = ("/assets/", "/socket.io/", "/api/branding/", "/api/logos/", "/api/invoice-pdf/")

# The doors of installs: a request costs microseconds, so nothing is looked up for it here.
INSTALL_DOORS = frozenset(
    {
        "/api/licenses/file",
        "/api/licenses/seats",
        "/api/licenses/seats/release",
        "/api/licenses/verify",
        "/api/licenses/verify-key",
        "/api/telemetry/events",
        "/api/usage/records",
    }
)

# Files of Streamlit's own bundle: a valid token is enough, no row is read for each of fifty files.
BUNDLE_PREFIXES = ("/static/", "/app/static/")

# Answered while the house is still starting.
WHILE_STARTING = frozenset({"/healthz", "/readyz", "/status", "/status.json"})


def is_public(path: str) -> bool:
    """Whether the path is on the closed list."""
    return path in PUBLIC_PATHS or path.startswith(PUBLIC_PREFIXES)
