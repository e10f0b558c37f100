"""Calos for the software of its vendors: whether a license lets it run, and telemetry that asks first."""

from .client import LicenseClient
from .errors import ClientError, InvalidFile, Misconfigured, Unreachable, Untrusted
from .seats import Lease, Seat
from .verdict import Verdict

__all__ = [
    "ClientError",
    "InvalidFile",
    "Lease",
    "LicenseClient",
    "Misconfigured",
    "Seat",
    "Unreachable",
    "Untrusted",
    "Verdict",
]
