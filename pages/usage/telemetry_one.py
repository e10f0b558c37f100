"""The telemetry of one install: its manifest, and the bundles that came of it."""

from core.access.actor import Actor
from core.access.permissions import Permission
from core.licensing.reads import license_by_install
from pages.parts import links, manifest
from pages.parts.cards import header
from pages.parts.empty import empty
from pages.parts.load import load, present
from pages.usage import telemetry_bundles


def show(actor: Actor, install_id: str) -> None:
    """Draw it."""
    found = load(license_by_install, actor, install_id, now=present())
    with header(found.organization_name, f"Telemetry of {install_id}"):
        links.link("telemetry", "All installs", icon="arrow_back")
        links.link("customer", "Customer", {"install_id": install_id}, icon="domain")
    if not actor.may(Permission.TELEMETRY_READ):
        empty(
            "manifest",
            "Raw telemetry is not yours to see",
            "Ask an owner or admin for the permission “telemetry:read”.",
            icon="lock",
        )
        return
    manifest.show(actor, install_id)
    telemetry_bundles.received(actor, install_id)
