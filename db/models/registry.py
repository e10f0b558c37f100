"""The modules that hold tables, in the order their foreign keys need; importing this file loads all of them."""

from db.models import (
    access,
    accounts,
    announce,
    ask,
    billing,
    costs,
    culture,
    finance,
    imports,
    licensing,
    limits,
    organizations,
    security,
    support,
    telemetry,
    usage,
)

MODULES = (
    organizations,
    access,
    announce,
    security,
    licensing,
    billing,
    finance,
    costs,
    culture,
    accounts,
    limits,
    support,
    imports,
    ask,
    telemetry,
    usage,
)
