"""How often experts decide otherwise than most annotators did, by kind of error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from apps.campaigns.models import Campaign, Page
from apps.proofreading.domain import NO_KIND, NO_KIND_TITLE, Label
from apps.proofreading.models import ErrorCategory
from apps.proofreading.selectors.votes import counting_verdicts, latest_of_each


@dataclass
class Overturns:
    """What became of the adjudicated instances of one kind of error.

    `decisions[majority, expert]` counts instances; the majority is "unsure" where votes stood
    even. An expert who is unsure decides against nobody. The rate is over those where there was a
    majority for an answer, and the expert gave one.
    """

    kind: str
    title: str
    decisions: Counter[tuple[Label, Label]] = field(default_factory=Counter)

    @property
    def instances(self) -> int:
        return self.decisions.total()

    @property
    def undecided(self) -> int:
        """Those where no answer had a majority, so that there was nothing to overturn, and those
        that the expert could not tell either."""
        return sum(n for said, n in self.decisions.items() if Label.UNSURE in said)

    @property
    def overturned(self) -> int:
        return sum(
            count
            for (majority, expert), count in self.decisions.items()
            if majority != expert and Label.UNSURE not in (majority, expert)
        )

    @property
    def rate(self) -> float | None:
        decided = self.instances - self.undecided
        return self.overturned / decided if decided else None


@dataclass(frozen=True)
class _Said:
    user_id: int
    label: Label
    kinds: tuple[str, ...]


def overturns(campaign: Campaign) -> list[Overturns]:
    """The decisions of experts by kind of error, in the order of the categories, those without a
    kind last. An instance counts under every kind that the expert named, else under every kind
    that those who called it incorrect named. Kinds without a decision are left out."""
    found = {
        category.key: Overturns(category.key, category.title)
        for category in ErrorCategory.objects.filter(campaign=campaign).order_by("position")
    }
    found[NO_KIND] = Overturns(NO_KIND, NO_KIND_TITLE)
    experts = _said(campaign, by_experts=True)
    annotators = _said(campaign, by_experts=False)
    for item_id, decisions in experts.items():
        votes = annotators.get(item_id, [])
        decision = decisions[-1]
        against = [kind for vote in votes if vote.label == Label.INCORRECT for kind in vote.kinds]
        for kind in set(decision.kinds or against or [NO_KIND]):
            found[kind].decisions[_majority(votes), decision.label] += 1
    return [one for one in found.values() if one.instances]


def _majority(votes: Sequence[_Said]) -> Label:
    counts = Counter(vote.label for vote in votes).most_common()
    if not counts or (len(counts) > 1 and counts[0][1] == counts[1][1]):
        return Label.UNSURE
    return counts[0][0]


def _said(campaign: Campaign, *, by_experts: bool) -> dict[int, list[_Said]]:
    """The vote of each person on each adjudicated item, the oldest first. Those of annotators may
    be late; an expert's decision that came late is none."""
    decided = counting_verdicts().filter(
        lease__page__campaign=campaign, lease__page__kind=Page.Kind.ADJUDICATION
    )
    if by_experts:
        verdicts = decided
    else:
        verdicts = counting_verdicts().filter(item__in=decided.values("item"))
        verdicts = verdicts.exclude(lease__page__kind=Page.Kind.ADJUDICATION)
    latest = latest_of_each(verdicts).prefetch_related("categories")
    found: dict[int, list[_Said]] = {}
    for verdict in sorted(latest, key=lambda verdict: verdict.pk):
        kinds = tuple(category.key for category in verdict.categories.all())
        said = _Said(verdict.user_id, Label(verdict.label), kinds)
        found.setdefault(verdict.item_id, []).append(said)
    return found
