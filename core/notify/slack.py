"""Slack, by an incoming webhook: one message with the customer, the sentence and a link."""

import json
from datetime import datetime
from typing import Any

from core.notify.destinations import EVENTS, Message, NotTaken, Target
from core.notify.outbound import Answer, request

_ICONS = {"upsell": ":moneybag:", "health": ":heartpulse:", "limit": ":bar_chart:", "license": ":key:"}


def send(target: Target, message: Message, *, now: datetime) -> Answer:
    """Post the message and return the answer; NotTaken unless it is a 2xx."""
    answer = request(
        "POST",
        target.url,
        body=json.dumps(message_of(message)).encode(),
        headers={"Content-Type": "application/json"},
        private=target.private,
    )
    if answer.well:
        return answer
    raise NotTaken(f"Slack answered {answer.status}: {answer.excerpt[:100] or 'nothing'}.", answer)


def message_of(message: Message) -> dict[str, Any]:
    """Return Slack's message: `text` for notifications, blocks for the channel; what data says is escaped."""
    customer, sentence = str(message.data.get("organization", "")), str(message.data.get("sentence", ""))
    icon = _ICONS.get(message.type.partition(".")[0], ":bell:")
    link = message.data.get("url")
    name = f"<{link}|{escaped(customer).replace('|', '/')}>" if link and customer else escaped(customer)
    first = f"{icon} *{name}*\n{escaped(sentence)}" if customer else f"{icon} {escaped(sentence)}"
    said = EVENTS.get(message.type, "A test from Calos")
    details = [f"*{escaped(str(value))}* {escaped(label)}" for label, value in message.data.get("details", [])]
    return {
        "text": escaped(f"{customer}: {sentence}" if customer else sentence),
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": first[:3_000]}},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": " · ".join([*details, said])[:2_000]}]},
        ],
        # Names of customers are no pages to be fetched and shown.
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escaped(words: str) -> str:
    """Return words of which nothing is markup: neither a mention of everybody nor a link."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
