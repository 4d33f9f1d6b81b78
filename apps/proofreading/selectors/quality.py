"""How a campaign settles its votes, and what is known of its people."""

from __future__ import annotations

from collections.abc import Mapping

from apps.campaigns.models import Campaign
from apps.proofreading.domain import UNMEASURED, Label, Quality
from apps.proofreading.models import AnnotatorRates, SettlingPolicy


def policy_of(campaign_id: int) -> SettlingPolicy:
    """The policy of a campaign; one vote by majority where none was chosen."""
    found = SettlingPolicy.objects.select_related("campaign").filter(campaign_id=campaign_id)
    policy = found.first()
    if policy is None:
        campaign = Campaign.objects.get(pk=campaign_id)
        policy = SettlingPolicy(campaign=campaign, most_votes=campaign.passes)
    return policy


def quality_of(policy: SettlingPolicy) -> Quality:
    """What is known of the people of a campaign."""
    if policy.measured_at is None:
        return UNMEASURED
    measured = AnnotatorRates.objects.filter(campaign_id=policy.campaign_id)
    return Quality(
        prior={Label.CORRECT: policy.prior_correct, Label.INCORRECT: 1 - policy.prior_correct},
        usual=UNMEASURED.usual,
        rates={row.user_id: _typed(row.rates) for row in measured},
    )


def _typed(rates: Mapping[str, Mapping[str, float]]) -> dict[Label, dict[Label, float]]:
    return {
        Label(truth): {Label(answer): rate for answer, rate in answers.items()}
        for truth, answers in rates.items()
    }
