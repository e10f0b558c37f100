"""Words of questions that are no names of the catalogue: what they ask for, and what people say instead of a name."""

from typing import Final

# What a word does in a question, by role; "role:detail" where the role has several.
ROLES: Final[dict[str, tuple[str, ...]]] = {
    "stop": (
        *("a", "an", "the", "our", "we", "us", "i", "me", "my", "you", "your", "it", "its", "they", "them", "their"),
        *("is", "are", "was", "were", "be", "been", "being", "do", "does", "did", "have", "has", "had", "having"),
        *("of", "to", "in", "on", "at", "for", "from", "with", "that", "these", "those", "there", "into", "out"),
        *("please", "can", "could", "would", "tell", "give", "want", "see", "know", "need", "get", "got", "let"),
        *("all", "any", "total", "overall", "altogether", "what", "whats", "how", "when", "where", "as", "much"),
        *("hi", "hello", "hey", "thanks", "thank you", "thanks a lot", "calos", "make", "made", "making", "bring"),
        *("brings", "bringing", "brought", "come", "comes", "coming", "came", "earn", "earned", "figure", "figures"),
        *("number", "numbers", "amount", "amounts", "level", "levels", "ratio", "data", "stand", "stands", "look"),
        *("looks", "looking", "like", "right", "s", "so", "opened", "open", "running", "currently", "ever", "both"),
        *("main", "am", "interested", "generate", "generates", "generated", "some", "go"),
        *("going", "reach", "reached", "win", "won", "value of", "company", "business", "in the bank"),
    ),
    "which": (
        "which",
        "list",
        "list of",
        "names of",
        "name of",
        "find",
        "which of",
        "which one",
        "which ones",
        "name all",
        "name the",
    ),
    "who": ("who", "whose", "whom", "anyone", "anybody", "someone", "somebody", "everyone", "everybody"),
    "count": ("how many", "number of", "count of", "count", "the number of", "how many of"),
    "amount": (
        "how much",
        "how fast",
        "how quickly",
        "how long",
        "what is",
        "how high",
        "how big",
        "how large",
        "how low",
    ),
    "show": ("show", "show me", "display", "view", "report", "report on"),
    "by": (
        *("by", "per", "for each", "for every", "each", "every", "across", "split by", "broken down by"),
        *("grouped by", "group by", "in each", "in every", "of each", "from each", "break down by", "by each"),
        *("breakdown by", "segmented by", "sliced by", "across all", "among", "down by"),
    ),
    "parts": (
        *("breakdown", "break down", "distribution", "split", "mix", "composition", "distributed"),
        *("breakdown of", "split up", "made up of"),
    ),
    "share": ("share", "share of", "percentage", "percentage of", "percent", "proportion", "fraction", "what part"),
    "trend": (
        *("over time", "trend", "trends", "trending", "history", "historical", "timeline", "developed", "development"),
        *("develop", "evolved", "evolution", "evolve", "progress", "progressed", "time series", "course", "trended"),
        *("trajectory", "as a trend", "over the months"),
    ),
    "chart": (
        *("chart", "graph", "plot", "draw", "visualize", "line chart", "line graph", "as a chart", "as a graph"),
        *("as a line", "a chart of", "a graph of"),
    ),
    "table": ("table", "as a table", "in a table", "bar chart", "as bars", "pie chart", "as a bar chart"),
    "why": (
        *("why", "driving", "drives", "drive", "drove", "driver", "drivers", "drivers of", "caused", "causes", "cause"),
        *("causing", "behind", "reason for", "reasons for", "reason", "reasons", "explain", "explains", "explained"),
        *("contributed to", "led to", "responsible for", "due to", "root cause", "root causes", "contributors to"),
    ),
    "change:up": (
        *("increase", "increased", "increases", "increasing", "rise", "rose", "risen", "rising", "rises", "grow"),
        *("grew", "grown", "growing", "grows", "up", "higher", "go up", "went up", "gone up", "going up", "jump"),
        *("jumped", "spike", "spiked", "climb", "climbed", "gain", "gained", "surge", "surged", "growth"),
    ),
    "change:down": (
        *("decrease", "decreased", "decreases", "decreasing", "fall", "fell", "fallen", "falling", "falls", "drop"),
        *("dropped", "drops", "dropping", "decline", "declined", "declines", "declining", "lower", "shrink", "shrank"),
        *("dip", "dipped", "go down", "went down", "gone down", "going down", "reduction", "slump"),
    ),
    "change:any": ("change", "changed", "changes", "changing", "differ", "difference", "delta", "move", "moved"),
    "versus": (
        *("vs", "versus", "compared to", "compared with", "compare", "compared", "against", "relative to"),
        *("in comparison to", "in comparison with", "comparison", "comparison of", "than", "comparing"),
    ),
    "rank:high": (
        *("top", "biggest", "largest", "highest", "most", "greatest", "the most", "biggest ever", "most valuable"),
        *("leading", "maximum", "max", "strongest"),
    ),
    "rank:low": ("bottom", "smallest", "lowest", "least", "the least", "fewest", "minimum", "min", "weakest"),
    "rank:best": ("best", "healthiest", "best performing"),
    "rank:worst": ("worst", "unhealthiest", "worst performing"),
    "order": ("sorted by", "sort by", "ordered by", "order by", "ranked by", "rank by", "rank"),
    "order:desc": ("descending", "highest first", "largest first", "biggest first"),
    "order:asc": ("ascending", "lowest first", "smallest first"),
    "not": (
        *("not", "no", "without", "except", "excluding", "exclude", "other than", "apart from", "but not", "non"),
        *("excl", "besides", "except for", "leaving out", "minus", "outside", "outside of", "never"),
    ),
    "only": ("only", "just", "solely", "restrict to", "restricted to", "limited to", "narrow to", "filter to"),
    "and": ("and", "or", "as well as"),
    "cue": (
        *("what about", "how about", "and what about", "and how about", "instead", "same for", "the same for", "now"),
        *("and now", "also", "too", "as well", "then", "again", "make it", "switch to", "change to"),
    ),
    "compare:gt": (
        *("over", "above", "more than", "greater than", "exceeding", "exceed", "exceeds", "higher than", ">"),
        *("bigger than", "larger than", "upwards of", "beyond", "better than"),
    ),
    "compare:gte": ("at least", ">=", "minimum of", "no less than", "not less than", "no fewer than"),
    "compare:lt": ("under", "below", "less than", "fewer than", "lower than", "<", "smaller than", "worse than"),
    "compare:lte": ("at most", "up to", "no more than", "not more than", "<=", "maximum of"),
    "compare:eq": ("exactly", "equal to", "equals", "="),
    "compare:between": ("between",),
    "after:gte": ("or more", "or higher", "or above", "or better", "and above", "and more"),
    "after:lte": ("or less", "or lower", "or below", "or fewer", "and below"),
    "about": (
        *("about", "tell me about", "doing", "how is", "overview of", "details of", "details on", "details about"),
        *("info on", "information on", "information about", "profile of", "lookup", "look up", "tell me more about"),
    ),
    "noun": ("units", "points", "dollars", "us dollars", "in usd", "in dollars"),
    "field:limit_share": ("limit", "limits", "quota", "share of limit", "share of their limit", "limit used"),
    "at_risk": (
        *("at risk", "at risk of churn", "at risk of churning", "at risk of leaving", "likely to churn", "in danger"),
        *("about to churn", "likely to leave", "about to leave", "might churn", "might leave", "could churn"),
        *("could leave", "may churn", "unhealthy", "churn risk", "churn risks", "risky", "may leave", "in trouble"),
        *("risk churning", "risk of churn", "risk of churning", "going to churn"),
    ),
    "near_limit": (
        *("near a limit", "near their limit", "near their limits", "near limit", "near the limit", "near limits"),
        *("close to a limit", "close to their limit", "close to their limits", "close to the limit", "near its limit"),
        *("approaching a limit", "approaching their limit", "approaching their limits", "approaching limits"),
        *("about to hit a limit", "about to hit their limit", "close to limits", "almost at their limit"),
        *("about to reach a limit", "about to reach their limit", "nearing a limit", "nearing their limit"),
        *("running out of quota", "near quota", "near their quota", "close to their quota"),
    ),
    "over_limit": (
        *("over their limit", "over their limits", "over a limit", "over the limit", "over limit", "above their limit"),
        *("above a limit", "exceeding a limit", "exceeding their limit", "beyond their limit", "over quota"),
        *("exceeded their limit", "exceeded a limit", "above the limit", "past their limit", "over their quota"),
    ),
    "pays": ("pay", "pays", "paying", "paid", "worth", "pay us", "paying us", "spend with us"),
    "uses": ("use", "uses", "using", "used", "consume", "consumes", "consumed", "consuming"),
    "owned": ("owned by", "managed by", "assigned to", "looked after by", "belonging to", "owned", "of owner"),
    "day:expires": (
        *("expire", "expires", "expiring", "ending", "end", "ends", "up for renewal", "renew", "renews", "renewal"),
        *("renewals", "renewing", "run out", "running out", "runs out", "expiry", "due for renewal", "due to renew"),
        *("that end", "come up for renewal", "coming up for renewal"),
    ),
    "day:since": (
        *("joined", "signed up", "became customers", "onboarded", "customers since", "joining", "started with us"),
        *("became a customer", "were won", "signed"),
    ),
    "day:last_seen": (
        *("seen", "last seen", "heard from", "checked in", "check in", "last active", "been active", "been seen"),
        *("checked", "phoned home", "reported in", "been heard from"),
    ),
    "silent": ("silent", "quiet", "been silent", "gone silent", "gone quiet", "been quiet"),
    "moved:churn": (
        *("churned", "left", "left us", "canceled", "cancelled", "quit", "did we lose", "have we lost", "we lost"),
        *("lost", "have left", "has left", "churning"),
    ),
    "moved:expansion": ("upgraded", "expanded", "grew their", "have upgraded", "has upgraded"),
    "moved:contraction": ("downgraded", "contracted", "have downgraded", "has downgraded"),
    "moved:reactivation": ("came back", "returned", "reactivated", "have returned", "come back", "won back"),
    "customers": (
        *("customers", "customer", "accounts", "account", "clients", "client", "companies", "organizations", "logos"),
        *("organisations", "organization", "organisation", "customer accounts", "client base", "customer base"),
    ),
    "entity:upsells": ("upsells", "upsell", "opportunities", "upsell opportunities", "open upsells", "opportunity"),
    "entity:movements": ("movements", "mrr movements", "mrr changes", "revenue movements", "movement"),
    "entity:subscriptions": ("subscriptions", "subscription", "paid subscriptions"),
    "entity:licenses": ("licenses", "licences", "license", "licence", "contracts", "contract"),
    "trial": ("trial", "trials", "on trial", "on a trial", "trialing", "trialling", "in trial", "free trial"),
    "expected": ("expected value", "expected", "value", "expected revenue"),
}
# What people say for a metric beside its label and the aliases of the catalogue.
MORE_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "mrr": ("monthly revenue run rate", "recurring revenues", "revenues"),
    "arr": ("annualized revenue", "annualised revenue", "annual run rate"),
    "logo_churn": ("churn rates", "customer churn rate"),
    "costs": ("spent", "expense", "expenditure", "hosting costs", "cost"),
    "new_customers": ("new customer", "customers added", "customers gained", "new clients"),
    "churned_customers": (
        "customers churned",
        "lost clients",
        "cancelled customers",
        "churned clients",
        "lost accounts",
    ),
    "mrr_growth": ("growth of mrr", "growth of revenue", "growth in revenue", "growth in mrr"),
    "tickets": ("ticket", "support ticket", "tickets", "cases"),
    "average_health": ("health scores", "average health score"),
    "api_calls": ("api call", "calls to the api"),
    "events": ("event", "telemetry event"),
    "cash": ("cash position", "cash on hand", "money", "bank account"),
    "first_response": (
        "response times",
        "respond to tickets",
        "answer tickets",
        "first answer",
        "time to first response",
        "first reply",
        "time to first answer",
    ),
    "upsell_value": ("value of upsells", "value of open upsells", "upsell potential"),
    "paying_customers": ("paying clients", "paying customer"),
    "near_limit_customers": ("customers close to a limit",),
    "trials": ("trial customers",),
    "security_score": ("security posture",),
    "conversion_rate": ("trial conversion rates", "trials convert", "trials converted"),
}
# One word that people say for several numbers; asked back.
SEVERAL: Final[dict[str, tuple[str, ...]]] = {
    "retention": ("nrr", "grr"),
    "retention rate": ("nrr", "grr"),
    "revenue retention": ("nrr", "grr"),
    "unit economics": ("ltv", "cac", "payback"),
}
# Aliases that other people use for something else: the answer says how they were read.
SOFT: Final = frozenset(
    {
        *("revenue", "revenues", "sales", "income", "churn", "churn rate", "growth", "usage", "spend", "spending"),
        *("spent", "activity", "calls", "requests", "money", "security", "margin", "upgrades", "downgrades"),
        *("expansions", "contractions", "conversion", "signups", "customer health", "health", "burn", "expenses"),
        *("run rate", "subscribers", "logos", "accounts", "cases", "revenue growth", "licenses"),
    }
)
# People of a country, as one says them.
DEMONYMS: Final[dict[str, str]] = {
    **{"american": "US", "usa": "US", "america": "US", "states": "US", "german": "DE", "french": "FR", "british": "GB"},
    **{"uk": "GB", "britain": "GB", "england": "GB", "english": "GB", "dutch": "NL", "holland": "NL"},
    **{"portuguese": "PT", "finnish": "FI", "japanese": "JP", "brazilian": "BR", "spanish": "ES", "italian": "IT"},
    **{"swiss": "CH", "austrian": "AT", "canadian": "CA", "indian": "IN", "irish": "IE", "swedish": "SE"},
    **{"polish": "PL", "danish": "DK", "norwegian": "NO", "belgian": "BE", "australian": "AU", "mexican": "MX"},
}
# Two letters that are words: a country only in capitals behind "in" or "from".
WORDS_TOO: Final = frozenset(
    {"in", "it", "no", "is", "at", "be", "to", "by", "me", "my", "as", "am", "so", "us", "or", "do", "id", "hm", "la"}
)
LEGAL_FORMS: Final = frozenset({"gmbh", "inc", "ltd", "llc", "ag", "sa", "bv", "plc", "co", "corp", "limited", "kg"})
