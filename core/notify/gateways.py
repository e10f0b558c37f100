"""Which gateway speaks for which kind of destination."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Protocol

from core.notify import hubspot, salesforce, slack, webhook
from core.notify.destinations import Kind, Message, Target
from core.notify.outbound import Answer


class Send(Protocol):
    """Sends one message; raises NotTaken for an answer that refuses it, UpstreamFailed for none."""

    def __call__(self, target: Target, message: Message, *, now: datetime) -> Answer:
        """Return what was answered."""


SEND: Final[Mapping[Kind, Send]] = {
    "webhook": webhook.send,
    "slack": slack.send,
    "hubspot": hubspot.send,
    "salesforce": salesforce.send,
}
# What a test does where a message would leave something behind: look whether everything is there.
PROBE: Final[Mapping[Kind, Callable[[Target], Answer]]] = {"hubspot": hubspot.probe, "salesforce": salesforce.probe}
