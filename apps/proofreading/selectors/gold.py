"""Gold: its known answers, who was shown it, and how they judged it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Min, Q, QuerySet

from apps.campaigns.models import (
    Campaign,
    CampaignNeuron,
    Item,
    Lease,
    Membership,
    NeuronSection,
    Page,
)
from apps.core.rows import rows_of
from apps.proofreading.domain import CLASSES, Label
from apps.proofreading.domain.gold import TrainingScore
from apps.proofreading.models import GoldAnswer, GoldExposure, GoldPolicy
from apps.proofreading.selectors.votes import counting_verdicts, latest_of_each


@dataclass(frozen=True)
class ShownGold:
    """A gold item as somebody was shown it; `said` is None until they submitted it."""

    item_id: int
    source_id: int
    user_id: int
    truth: Label
    said: Label | None
    explanation: str

    @property
    def is_right(self) -> bool:
        return self.said == self.truth


@dataclass(frozen=True)
class Tally:
    """How often gold was shown, judged in a submitted page, and judged right."""

    shown: int = 0
    judged: int = 0
    right: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.shown + other.shown, self.judged + other.judged, self.right + other.right)


@dataclass(frozen=True)
class GoldReport:
    """Every gold item of a campaign with its tally, those of each person by class."""

    answers: Mapping[int, GoldAnswer]
    items: Mapping[int, Tally]
    people: Mapping[int, Mapping[Label, Tally]]


def gold_policy_of(campaign_id: int) -> GoldPolicy:
    """The policy of a campaign; without one there is no gold."""
    found = rows_of(GoldPolicy, "WHERE campaign_id = %s", [campaign_id])
    return found[0] if found else GoldPolicy()


def may_have_gold(is_used: bool, items: Iterable[Item]) -> bool:
    """Whether gold may be among the items of a page: where the campaign's policy is used, or was
    when the page was handed out. Then nothing is told that gold would stand out by."""
    return is_used or any(item.sheet is None for item in items)


def gold_answers(campaign_id: int) -> dict[Hashable, Label]:
    """The known answers of a campaign, by item id."""
    answers = GoldAnswer.objects.filter(item__campaign_id=campaign_id)
    return {item_id: Label(label) for item_id, label in answers.values_list("pk", "label")}


def unseen_gold(campaign: Campaign, user_id: int) -> QuerySet[Item]:
    """The gold items that this person was never shown and that lie on no training page of theirs,
    in their order."""
    gold = Item.objects.filter(campaign=campaign, sheet__isnull=True, gold_answer__isnull=False)
    seen = GoldExposure.objects.filter(user_id=user_id, item__campaign=campaign)
    unseen = gold.exclude(pk__in=seen.values("item"))
    training = training_pages(campaign, user_id)
    return unseen.exclude(page_items__page__in=training).order_by("position")


@dataclass(frozen=True)
class GoldOnTheWay:
    """A gold item, and before which other item of the page it lies."""

    item: Item
    place: int


def gold_on_the_way(page: Page, unseen: QuerySet[Item]) -> list[GoldOnTheWay]:
    """Of gold, what lies between the items of a page along a neuron, or behind them and before the
    next page of the section; on its first page also what lies before them. In the order of the
    walk: nothing of it stands out by its place."""
    ways = page.items.order_by("traversal").values_list("traversal", flat=True)
    passed = [way for way in ways if way is not None]
    if not passed:
        return []
    others = Item.objects.filter(section=page.section_id, sheet__isnull=False)
    gold = unseen.filter(section=page.section_id)
    if others.filter(traversal__lt=passed[0]).exists():
        gold = gold.filter(traversal__gt=passed[0])
    behind = others.filter(traversal__gt=passed[-1]).aggregate(way=Min("traversal"))["way"]
    if behind is not None:
        gold = gold.filter(traversal__lt=behind)
    return [
        GoldOnTheWay(item, bisect_left(passed, item.traversal or 0))
        for item in gold.order_by("traversal")
    ]


def fitting_gold(page: Page, unseen: QuerySet[Item]) -> QuerySet[Item]:
    """Of gold, what stands out by nothing on a page without a section. Where the campaign goes
    along neurons that is gold of the page's own neuron, which has no skeleton; on pages that mix
    sections, gold that lies at a section as well."""
    campaign = page.campaign
    if campaign.order != Campaign.Order.NEURON:
        return unseen
    if page.kind != Page.Kind.ORDINARY:
        goes_along = NeuronSection.objects.filter(campaign=campaign).exists()
        return unseen.filter(section__isnull=False) if goes_along else unseen
    (sheet,) = page.sheets
    neurons = CampaignNeuron.objects.filter(
        campaign=campaign, first_sheet__lte=sheet, last_sheet__gte=sheet
    )
    root_id = neurons.values_list("root_id", flat=True).first()
    if root_id is None:
        return unseen
    touches = Q(instance__pre_root_id=root_id) | Q(instance__post_root_id=root_id)
    return unseen.filter(touches, section__isnull=True)


def gold_shown_in(lease: Lease) -> list[ShownGold]:
    """The gold of a page with what was said of it, in the order in which it was shown."""
    return _shown(exposures_of(lease).order_by("place", "pk"))


def gold_shown_to(user_id: int, pages: Collection[int]) -> list[ShownGold]:
    """The gold of some pages of a person, by their ids, with what was said of it."""
    return _shown(GoldExposure.objects.filter(lease__page__in=pages, user=user_id))


def exposures_of(lease: Lease) -> QuerySet[GoldExposure]:
    """The gold among the items of a page, as its person is shown it: the same whenever they are
    handed that page."""
    return GoldExposure.objects.filter(lease__page=lease.page_id, user=lease.user_id)


def gold_report(campaign: Campaign) -> GoldReport:
    """How often each gold item was shown, and how each person judged it; but for managers, who can
    look the answers up."""
    answers = GoldAnswer.objects.filter(item__campaign=campaign).select_related("item__instance")
    known = {answer.pk: answer for answer in answers.order_by("item__position")}
    items = dict.fromkeys(known, Tally())
    people: dict[int, dict[Label, Tally]] = {}
    exposures = GoldExposure.objects.filter(item__campaign=campaign)
    for one in _shown(exposures.exclude(user__in=knows_answers(campaign.pk))):
        tally = _tally(one)
        items[one.item_id] += tally
        by_class = people.setdefault(one.user_id, dict.fromkeys(CLASSES, Tally()))
        by_class[one.truth] += tally
    return GoldReport(known, items, dict(sorted(people.items())))


def knows_answers(campaign_id: int) -> QuerySet[Membership, int]:
    """The ids of those who manage the campaign: how they judge gold says nothing of them."""
    managers = Membership.objects.filter(campaign=campaign_id, role=Membership.Role.MANAGER)
    return managers.values_list("user_id", flat=True)


def _tally(shown: ShownGold) -> Tally:
    return Tally(shown=1, judged=int(shown.said is not None), right=int(shown.is_right))


def _shown(exposures: QuerySet[GoldExposure]) -> list[ShownGold]:
    rows = list(exposures.select_related("item__instance", "item__gold_answer"))
    said = _said_of(rows)
    return [
        ShownGold(
            item_id=row.item_id,
            source_id=row.item.instance.source_id,
            user_id=row.user_id,
            truth=Label(row.item.gold_answer.label),
            said=said.get((row.item_id, row.user_id)),
            explanation=row.item.gold_answer.explanation,
        )
        for row in rows
    ]


def _said_of(exposures: Sequence[GoldExposure]) -> dict[tuple[int, int], Label]:
    """What those who were shown gold said of it. What somebody says late, of a page that they
    have submitted, is none of it: they may have been told the answer."""
    said = counting_verdicts().filter(
        item__in={one.item_id for one in exposures}, user__in={one.user_id for one in exposures}
    )
    latest = latest_of_each(said).values_list("item_id", "user_id", "label")
    return {(item_id, user_id): Label(label) for item_id, user_id, label in latest}


def training_pages(campaign: Campaign, user_id: int) -> QuerySet[Page]:
    """The training pages of a person; `rank` is the round."""
    return Page.objects.filter(campaign=campaign, kind=Page.Kind.TRAINING, reserved_for=user_id)


def training_score(lease: Lease) -> TrainingScore | None:
    """What the round of training that this page ends came to; None where it ends none."""
    page = lease.page
    if page.kind != Page.Kind.TRAINING or lease.ending != Lease.Ending.SUBMITTED:
        return None
    round_ = training_pages(page.campaign, lease.user_id).filter(rank=page.rank)
    if round_.filter(submitted_at__isnull=True).exists():
        return None
    shown = _shown(GoldExposure.objects.filter(lease__page__in=round_, user_id=lease.user_id))
    right = sum(one.is_right for one in shown)
    return TrainingScore(right, len(shown), gold_policy_of(page.campaign_id).pass_mark)
