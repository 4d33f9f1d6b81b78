"""Choose how the verdicts of a campaign are settled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.campaigns.models import Campaign
from apps.core.errors import InvalidInputError
from apps.proofreading.domain import (
    ADAPTIVE_MOST_VOTES,
    ADAPTIVE_THRESHOLDS,
    CLASSES,
    Label,
    Policy,
    PolicyError,
    Redundancy,
    Rule,
)
from apps.proofreading.models import SettlingPolicy

# The names of a policy's fields where they differ from those of a campaign's settings.
_FIELDS = {"votes": "passes"}


def changed_policy(former: Policy, passes: int, chosen: Mapping[str, Any]) -> Policy:
    """The former policy with what was chosen; under another redundancy, the rest as it is best
    there. Raises InvalidInputError naming the field.
    """
    if chosen.get("redundancy", former.redundancy) == former.redundancy:
        kept = describe_policy(former)
        if former.redundancy is Redundancy.FIXED:
            del kept["most_votes"]  # they are as many as the passes
        chosen = kept | dict(chosen)
    return make_policy(passes, chosen)


def make_policy(passes: int, chosen: Mapping[str, Any]) -> Policy:
    """The policy of what was chosen: rule, redundancy, most_votes, threshold_correct and
    threshold_incorrect; the rest as it is best under that redundancy.

    Raises InvalidInputError naming the field.
    """
    redundancy = Redundancy(chosen.get("redundancy", Redundancy.FIXED))
    is_fixed = redundancy is Redundancy.FIXED
    rule = Rule.MAJORITY if is_fixed else Rule.DAWID_SKENE
    usual = dict.fromkeys(CLASSES, 0.5) if is_fixed else ADAPTIVE_THRESHOLDS
    most = passes if is_fixed else max(ADAPTIVE_MOST_VOTES, passes)
    try:
        return Policy(
            rule=Rule(chosen.get("rule", rule)),
            redundancy=redundancy,
            votes=passes,
            most_votes=chosen.get("most_votes", most),
            thresholds={label: chosen.get(f"threshold_{label}", usual[label]) for label in CLASSES},
        )
    except PolicyError as error:
        field = _FIELDS.get(error.field, error.field)
        sentence = str(error).removeprefix(f"{error.field}: ")
        raise InvalidInputError(f"{field}: {sentence}", field=field) from error


def save_policy(campaign: Campaign, policy: Policy) -> None:
    """Settle the campaign's verdicts in this way.

    Raises InvalidInputError where it asks for other votes than the campaign's passes give.
    """
    if policy.votes != campaign.passes:
        raise InvalidInputError(
            f"passes: the policy is for {policy.votes} votes, but {campaign.passes} people judge "
            "each instance; give the same number for both.",
            field="passes",
        )
    SettlingPolicy.objects.update_or_create(
        campaign=campaign,
        defaults={
            "rule": policy.rule.value,
            "redundancy": policy.redundancy.value,
            "most_votes": policy.most_votes,
            "threshold_correct": policy.thresholds[Label.CORRECT],
            "threshold_incorrect": policy.thresholds[Label.INCORRECT],
        },
    )


def describe_policy(policy: Policy) -> dict[str, Any]:
    """What `make_policy` takes."""
    return {
        "rule": policy.rule.value,
        "redundancy": policy.redundancy.value,
        "most_votes": policy.most_votes,
        "threshold_correct": policy.thresholds[Label.CORRECT],
        "threshold_incorrect": policy.thresholds[Label.INCORRECT],
    }
