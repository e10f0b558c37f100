"""Every table of Calos: `metadata` for the control plane, `telemetry_metadata` for the telemetry plane."""

from sqlalchemy import MetaData

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)
telemetry_metadata = MetaData(naming_convention=NAMING)
