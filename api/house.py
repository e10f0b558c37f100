"""What this process has opened: settings, databases and doors, and how far its start has come."""

import threading
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.types import ASGIApp

from core.config import Settings, settings
from core.databases import Databases

StepState = Literal["waiting", "now", "done", "failed"]


@dataclass
class Step:
    """One step of the start, as the page that shows it tells it."""

    label: str
    state: StepState = "waiting"
    detail: str = ""


@dataclass
class Progress:
    """The steps of the start; written by the starting thread, read by the page."""

    steps: list[Step] = field(default_factory=list)
    error: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, label: str) -> Step:
        """Mark the step `label` as under way, adding it if it was not announced."""
        with self.lock:
            step = next((one for one in self.steps if one.label == label), None)
            if step is None:
                step = Step(label)
                self.steps.append(step)
            step.state = "now"
            return step

    def as_dict(self) -> dict[str, Any]:
        """Return what the page and its script show."""
        with self.lock:
            done = sum(step.state == "done" for step in self.steps)
            return {
                "steps": [{"label": s.label, "state": s.state, "detail": s.detail} for s in self.steps],
                "percent": round(100 * done / max(1, len(self.steps))),
                "error": self.error,
            }


@dataclass
class House:
    """The one per process, handed to every door."""

    settings: Settings
    progress: Progress = field(default_factory=Progress)
    ready: bool = False
    opened: Databases | None = None
    setup_url: str = ""
    # Doors of installs that answer by themselves, by path: the front door hands their POST on without a router.
    doors: dict[str, ASGIApp] = field(default_factory=dict)

    @property
    def databases(self) -> Databases:
        """Return the open databases; only asked for once the house is ready."""
        if self.opened is None:
            raise RuntimeError("the databases are opened by the start, before any door answers")
        return self.opened


def build() -> House:
    """Return a house with the settings of this process, nothing opened yet."""
    return House(settings())
