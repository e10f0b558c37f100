"""The meters: what is counted against limits, in which unit and over which window."""

from dataclasses import dataclass
from typing import Final, Literal

Window = Literal["minute", "hour", "day", "month", "now"]


@dataclass(frozen=True)
class Meter:
    """One thing that is counted; `window` is what a limit of it is for (a day and a month are UTC; now is a level).

    `reported`: an install reports it. Hours and minutes of API calls follow from the calls themselves.
    """

    id: str
    label: str
    unit: str
    window: Window
    definition: str
    reported: bool = True


METERS: Final[dict[str, Meter]] = {
    meter.id: meter
    for meter in (
        Meter(
            "api_calls_minute",
            "API calls a minute",
            "calls",
            "minute",
            "Calls in one minute, as far as the installation tells minutes apart; looked at for the last hour.",
            reported=False,
        ),
        Meter(
            "api_calls_hour",
            "API calls an hour",
            "calls",
            "hour",
            "Calls in one UTC hour, as far as the installation tells hours apart; looked at for the last seven days.",
            reported=False,
        ),
        Meter(
            "api_calls_day",
            "API calls a day",
            "calls",
            "day",
            "Calls in one UTC day: as the installation reports them, else the events of type api_call.",
        ),
        Meter("storage_bytes", "Storage", "bytes", "now", "What is stored, by the installation's latest report."),
        Meter(
            "bandwidth_bytes_month",
            "Bandwidth a month",
            "bytes",
            "month",
            "Bytes transferred since the UTC calendar month began, as the installation reports them.",
        ),
        Meter(
            "compute_seconds_month",
            "Compute time a month",
            "seconds",
            "month",
            "Seconds of computing since the UTC calendar month began, as the installation reports them.",
        ),
        Meter(
            "members",
            "Members",
            "people",
            "now",
            "People by the installation's latest report, else the distinct users that its telemetry of 28 days names.",
        ),
        Meter("projects", "Projects", "projects", "now", "Projects by the installation's latest report."),
    )
}
REPORTED: Final = tuple(meter.id for meter in METERS.values() if meter.reported)
LEVELS: Final = tuple(meter.id for meter in METERS.values() if meter.window == "now")
