"""How an install's use of each feature compares with customers of the same tier and size: lifts with intervals."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from core.culture.estimate import Abstention, Estimate, Figure, known, too_few
from core.culture.features import Features, FeatureUse, PeerGroup

LEAST_PEERS = 10
LEAST_SUPPORT = 10
FALSE_DISCOVERY_RATE = 0.05
DRAWS = 2_000
_SIZES = ((5, "1-5"), (20, "6-20"), (100, "21-100"))


@dataclass(frozen=True)
class ShareSums:
    """Sums over accounts of one feature's share of active person-days, and of its square."""

    total: float
    squares: float


@dataclass(frozen=True)
class Peers:
    """The other accounts an install is compared with.

    `patterns` counts accounts by the set of features they adopted; `inverse_n` is the sum of 1/active person-days, from
    which the part of the spread that is mere sampling is known. `error_rates` are theirs in rising order, of those
    with enough events to have one.
    """

    accounts: int
    basis: str
    inverse_n: float
    shares: Mapping[str, ShareSums]
    patterns: Sequence[tuple[frozenset[str], int]]
    error_rates: Sequence[float] = ()

    def adopters(self, *features: str) -> int:
        """Return how many peers adopted all of the features."""
        return sum(accounts for adopted, accounts in self.patterns if adopted.issuperset(features))


@dataclass(frozen=True)
class PeerRow:
    """One account as its peers see it: on how many of its active person-days each feature was used, and its errors."""

    person_days: int
    feature_days: Mapping[str, int]
    adopted: frozenset[str]
    error_rate: float | None = None


def without(peers: Peers, own: PeerRow | None) -> Peers:
    """Return the peers less the account itself: nobody is their own peer."""
    if own is None or own.person_days == 0:
        return peers
    shares = dict(peers.shares)
    for feature, days in own.feature_days.items():
        share, sums = days / own.person_days, shares.get(feature)
        if sums is not None:
            shares[feature] = ShareSums(max(0.0, sums.total - share), max(0.0, sums.squares - share**2))
    patterns = [(adopted, n - (adopted == own.adopted)) for adopted, n in peers.patterns]
    left = list(peers.error_rates)
    if own.error_rate is not None and left:
        del left[min(bisect_left(left, own.error_rate), len(left) - 1)]
    inverse = peers.inverse_n - 1 / own.person_days
    return Peers(peers.accounts - 1, peers.basis, inverse, shares, patterns, left)


NOBODY = Peers(0, "too few", 0.0, {}, ())


def size_band(people: int) -> str:
    """Return the band of team size that peers share."""
    return next((name for most, name in _SIZES if people <= most), "over 100")


def with_lifts(features: Features, peers: Peers) -> Features:
    """Return the map with each feature's lift against peers and whether it stands out.

    The share of active person-days is a binomial share whose prior is a Beta fitted to the peers' shares by moments
    (empirical Bayes), so that an install with few days is drawn toward its peers. Features stand out only where the
    95 % interval excludes 1 after Benjamini and Hochberg (1995) over all features.
    """
    group = PeerGroup(peers.accounts, peers.basis)
    if peers.accounts < LEAST_PEERS or features.person_days == 0:
        missing = too_few("peers", LEAST_PEERS, peers.accounts)
        return replace(features, peers=group, items=tuple(replace(item, lift=missing) for item in features.items))
    generator = np.random.default_rng(20_261_121)  # the same data must give the same profile
    compared = [_lift(item, features.person_days, peers, generator) for item in features.items]
    flagged = _discoveries([p for _, p in compared])
    items = [
        replace(item, lift=figure, stands_out=_side(figure) if flag else None)
        for item, (figure, _), flag in zip(features.items, compared, flagged, strict=True)
    ]
    return replace(features, peers=group, items=tuple(items))


def co_adoption(peers: Peers, heavy: str, missing: str) -> Figure:
    """Return P(missing | heavy) ÷ P(missing) among peers, with a 95% interval on the log scale (Katz 1978)."""
    both, first, second = peers.adopters(heavy, missing), peers.adopters(heavy), peers.adopters(missing)
    if both < LEAST_SUPPORT or peers.accounts <= first:
        return too_few("peers that adopted both", LEAST_SUPPORT, both)
    lift = (both / first) / (second / peers.accounts)
    spread = 1.959963984540054 * np.sqrt(max(0.0, 1 / both - 1 / first + 1 / second - 1 / peers.accounts))
    low, high = lift * float(np.exp(-spread)), lift * float(np.exp(spread))
    return Estimate(lift, low, high, both, "co-adoption among peers, log-normal 95%")


def _prior(feature: str, peers: Peers) -> tuple[float, float, float]:
    """Fit Beta(a, b) to the peers' shares by moments; return a, b and the variance of the peers' mean.

    The prior is worth two person-days at least and 200 at most, so that own data always has its say.
    """
    sums = peers.shares.get(feature, ShareSums(0.0, 0.0))
    middle = (sums.total + 0.5) / (peers.accounts + 1)
    spread = max(0.0, sums.squares / peers.accounts - (sums.total / peers.accounts) ** 2)
    sampling = middle * (1 - middle) * peers.inverse_n / peers.accounts
    strength = middle * (1 - middle) / max(spread - sampling, 1e-6) - 1
    strength = min(200.0, max(2.0, strength))
    return middle * strength, (1 - middle) * strength, max(spread, 1e-6) / peers.accounts


def _lift(item: FeatureUse, n: int, peers: Peers, generator: np.random.Generator) -> tuple[Figure, float]:
    a, b, doubt = _prior(item.feature, peers)
    used = min(item.actor_days, n)
    if used == 0 and peers.shares.get(item.feature) is None:
        return Abstention("no peer uses it either", peers.accounts), 1.0
    own = generator.beta(used + a, n - used + b, DRAWS)
    middle = a / (a + b)
    # The peers' mean is itself known only as well as their number and their differences allow.
    known_as = max(2.0, middle * (1 - middle) / doubt - 1)
    theirs = generator.beta(middle * known_as, (1 - middle) * known_as, DRAWS)
    ratio = np.sort(own / np.maximum(theirs, 1e-9))
    low, high = (float(ratio[round(share * (DRAWS - 1))]) for share in (0.025, 0.975))
    above = float((ratio > 1).mean())
    p = 2 * min(above, 1 - above) + 1 / DRAWS
    value = ((used + a) / (n + a + b)) / middle
    return Estimate(value, low, high, n, f"Beta shrinkage to {peers.accounts} peers, 95%"), p


def _discoveries(p_values: Sequence[float]) -> list[bool]:
    """Say which of several comparisons stand, the expected share of false ones held to 5 %."""
    order = np.argsort(p_values)
    passed = 0
    for rank, index in enumerate(order, start=1):
        if p_values[index] <= FALSE_DISCOVERY_RATE * rank / len(p_values):
            passed = rank
    kept = set(order[:passed].tolist())
    return [index in kept for index in range(len(p_values))]


def _side(figure: Figure) -> Literal["above", "below"] | None:
    if not known(figure) or figure.low is None or figure.high is None or figure.low <= 1 <= figure.high:
        return None
    return "above" if figure.low > 1 else "below"
