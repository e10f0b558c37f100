"""What a question may not be: an order to change something, SQL, a search for secrets, a claim to be another."""

import re
from typing import Final

_THING: Final = (
    r"(?:licen[sc]es?|customers?|accounts?|users?|people|person|tables?|records?|rows?|data|database|limits?|tiers?|"
    r"prices?|plans?|passwords?|keys?|invoices?|subscriptions?|organi[sz]ations?|members?|roles?|permissions?|"
    r"everything|everyone|everybody|them|it|settings?|logs?|payments?|trials?|tickets?|upsells?|movements?)"
)
_WRITES: Final = (
    r"(?:delete|drop|truncate|remove|erase|wipe|purge|insert|update|alter|modify|edit|overwrite|revoke|suspend|resume|"
    r"reinstate|cancel|terminate|deactivate|disable|enable|activate|issue|create|add|invite|grant|give\s+(?:me|him|her)\s+"
    r"(?:access|admin|permission)|assign|transfer|refund|charge|pay|send|notify|reset|rename|set|"
    r"change|upgrade|downgrade|convert|extend|lower|raise|increase|reduce|double|execute|run|install|book|archive)"
)
_LEAD: Final = (
    r"(?:^|[.;:!?\n]\s*|\b(?:and|then|please|now|just)\s+|\b(?:can|could|would|will)\s+you\s+(?:please\s+)?"
    r"|\blet'?s\s+|\bi\s+(?:want|need)\s+(?:you\s+)?to\s+|\byou\s+must\s+)"
)
# "Drop in customers", "upgrade revenue", "change of MRR": nouns, which order nothing.
_NOT_NOUN: Final = r"(?!\s+(?:in|of|by|per|tier|over|from|vs|revenue|mrr|rates?|since|last|this)\b)"
_CHANGE: Final = "Ask only reads: it can't change, send or delete anything. Open the customer or the settings for that."
_SQL: Final = "Ask takes questions in plain words; SQL and other code is never run."
_HIDDEN: Final = "Ask knows figures of the catalogue and nothing of passwords, keys or its own instructions."
_CLAIM: Final = "What you may see comes from your sign-in, not from the question. Ask an owner or admin for more."
_OTHERS: Final = "You see your own company's customers; nobody else's data can be asked for."


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each})" for each in patterns), re.IGNORECASE)


_REFUSED: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (
        _any(
            r"\bselect\b.{0,200}\bfrom\s+\w",
            r"\bunion\s+(?:all\s+)?select\b",
            r"\b(?:insert\s+into|delete\s+from|drop\s+(?:table|database|schema)|truncate\s+table|alter\s+table)\b",
            r"\bupdate\s+\w+\s+set\b",
            r"\b(?:pg_\w+|information_schema|xp_cmdshell|sqlite_master)\b",
            r"';|--\s*$|/\*|\bor\s+1\s*=\s*1\b|<\s*script|\{\{|\$\{|__\w+__|\b(?:exec|eval|import|system)\s*\(",
            r"\b(?:run|execute|write)\b.{0,40}\bsql\b|\bsql\b.{0,20}\b(?:query|statement|injection)\b",
        ),
        _SQL,
    ),
    (
        _any(
            r"\b(?:ignore|disregard|forget|override|overrule)\b.{0,40}\b(?:instruction|rule|prompt|previous|above|policy|"
            r"polic|guard|limit|permission|restriction)",
            r"\b(?:you\s+are\s+now|act\s+as|pretend|role\s*-?play|jailbreak|developer\s+mode|debug\s+mode|god\s+mode|sudo)\b",
            r"\b(?:bypass|circumvent|disable|turn\s+off|without)\b.{0,30}\b(?:security|permission|row\s+level|rls|access|"
            r"check|filter|restriction|guard)",
            r"\bi\s*(?:am|'m)\s+(?:really\s+)?(?:the|an?|your|now)\s+(?:\w+\s+)?(?:admin\w*|owner|founder|ceo|cfo|root|"
            r"developer|superuser|boss|auditor|manager|engineer|operator)\b",
            r"\bas\s+(?:an?|the|your)\s+(?:\w+\s+)?(?:admin\w*|owner|root|developer|superuser|system)\b",
            r"(?:^|\s)(?:system|assistant|developer)\s*:",
            r"\bmy\s+role\s+is\b|\bi\s+have\s+(?:been\s+)?(?:permission|granted|access)\b",
        ),
        _CLAIM,
    ),
    (
        _any(
            r"\b(?:passwords?|passphrases?|credentials?|secrets?|private\s+keys?|signing\s+keys?|api[\s-]*keys?|hash(?:es)?|"
            r"access\s+tokens?|session\s+tokens?|auth\s+tokens?|bearer|cookies?|totp|2fa\s+seeds?|jwt|env(?:ironment)?"
            r"\s+var\w*|openai_api_key|database_url)\b",
            r"\b(?:system|initial|hidden|your)\s+(?:prompt|instructions?)\b",
            r"\bcredit\s+card\b|\bcard\s+numbers?\b|\biban\b|\bssn\b",
        ),
        _HIDDEN,
    ),
    (
        _any(
            r"\b(?:other|another|different|foreign|competing|competitor'?s?)\s+(?:vendor|tenant|company|companies|"
            r"instance|installation\s+of\s+calos)s?\b",
            r"\b(?:all|every|any)\s+(?:tenants?|vendors?)\b|\bcross[\s-]tenant\b|\bof\s+(?:our|my|the)\s+competitors?\b",
        ),
        _OTHERS,
    ),
    (
        _any(
            rf"{_LEAD}{_WRITES}\b{_NOT_NOUN}.{{0,60}}\b{_THING}\b",
            rf"{_LEAD}(?:delete|drop|truncate|erase|wipe|purge|revoke|suspend|refund|reinstate|terminate)\b(?!\s+in\b)",
            rf"{_LEAD}(?:set|change|raise|lower|increase|reduce|double)\b.{{0,60}}\b(?:to|by)\s+[$€£]?\d",
            rf"{_LEAD}(?:cancel|upgrade|downgrade|convert|extend|notify|invite)\b{_NOT_NOUN}\s+\w+",
            rf"{_LEAD}(?:e-?mail|mail|message|charge|call)\s+(?:all|every|each|the|our|my|these|those|them|him|her|me|us|"
            r"everyone|everybody|customers|users|people|\S+@\S+)\b",
        ),
        _CHANGE,
    ),
)


def refusal(text: str) -> str | None:
    """Return why a normalized question is refused before it is read, or None."""
    return next((reason for pattern, reason in _REFUSED if pattern.search(text)), None)
