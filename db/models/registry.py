"""The modules that hold tables, in the order their foreign keys need; importing this file loads all of them."""

from db.models import (
    access,
    accounts,
    announce,
    billing,
    culture,
    finance,
    licensing,
    limits,
    organizations,
    telemetry,
    usage,
)

MODULES = (organizations, access, announce, licensing, billing, finance, culture, accounts, limits, telemetry, usage)
