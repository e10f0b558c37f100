"""Webhooks as the Standard Webhooks specification has them: three headers, and a signature of each secret in force."""

import json
from datetime import datetime

from standardwebhooks import Webhook

from core.notify.destinations import Message, NotTaken, Target
from core.notify.outbound import Answer, request


def send(target: Target, message: Message, *, now: datetime) -> Answer:
    """Post `{type, timestamp, data}` and return the answer; NotTaken unless it is a 2xx."""
    body = body_of(message)
    answer = request(
        "POST",
        target.url,
        body=body.encode(),
        headers={"Content-Type": "application/json", **signed_headers(target, message, body, now)},
        private=target.private,
    )
    if answer.well:
        return answer
    sentence = f"It answered {answer.status}."
    if 300 <= answer.status < 400:
        sentence = f"It answered {answer.status}: redirects are not followed. Give the address that it leads to."
    raise NotTaken(sentence, answer)


def body_of(message: Message) -> str:
    """Return the body, the same for every try."""
    told = {"type": message.type, "timestamp": _iso(message.at), "data": message.data}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def signed_headers(target: Target, message: Message, body: str, now: datetime) -> dict[str, str]:
    """Return `webhook-id`, `webhook-timestamp` and `webhook-signature`: for a day after a rotation, of both secrets."""
    held = [target.secrets["secret"]]
    if "oldSecret" in target.secrets and now < datetime.fromisoformat(target.secrets["oldUntil"]):
        held.append(target.secrets["oldSecret"])
    return {
        "webhook-id": str(message.id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(str(message.id), now, body) for secret in held),
    }


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
