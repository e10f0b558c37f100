"""The meters: what is counted against limits, in which unit and over which window."""

from dataclasses import dataclass
from typing import Literal

Window = Literal["minute", "hour", "day", "month", "now"]


@dataclass(frozen=True)
class Meter:
    """One thing that is counted; `window` is what a limit of it is for (a day and a month are UTC)."""

    id: str
    label: str
    unit: str
    window: Window


METERS: dict[str, Meter] = {
    meter.id: meter
    for meter in (
        Meter("api_calls_minute", "API calls a minute", "calls", "minute"),
        Meter("api_calls_hour", "API calls an hour", "calls", "hour"),
        Meter("api_calls_day", "API calls a day", "calls", "day"),
        Meter("storage_bytes", "Storage", "bytes", "now"),
        Meter("bandwidth_bytes_month", "Bandwidth a month", "bytes", "month"),
        Meter("compute_seconds_month", "Compute time a month", "seconds", "month"),
        Meter("members", "Members", "people", "now"),
        Meter("projects", "Projects", "projects", "now"),
    )
}
