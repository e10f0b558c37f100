"""Calos for the software of its vendors: whether a license lets it run, and telemetry that asks first."""

from .api_usage import ApiUsage, track_api_usage
from .bundles import Bundle
from .client import LicenseClient
from .delivery import Refusal
from .errors import ClientError, InvalidFile, Misconfigured, Unreachable, Untrusted
from .manifest import Manifest
from .seats import Lease, Seat
from .spool import Bounds
from .telemetry import Telemetry
from .usage import Usage
from .verdict import Verdict

__all__ = [
    "ApiUsage",
    "Bounds",
    "Bundle",
    "ClientError",
    "InvalidFile",
    "Lease",
    "LicenseClient",
    "Manifest",
    "Misconfigured",
    "Refusal",
    "Seat",
    "Telemetry",
    "Unreachable",
    "Untrusted",
    "Usage",
    "Verdict",
    "track_api_usage",
]
