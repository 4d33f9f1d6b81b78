"""Whether somebody who takes part in a campaign may mend and add synapses there now."""

from __future__ import annotations

from dataclasses import dataclass

from apps.campaigns.models import Membership
from apps.revision.domain.queue import WhyNone
from apps.revision.selectors.queue import CAN_BE_REVISED

_IS_OVER = "Nothing is mended in or added to a campaign that is not open, paused or closed."
_YOU_REST = "A manager has paused your work in this campaign."
_NOT_TRAINED = "You have not passed the training of this campaign yet."


@dataclass(frozen=True)
class Refusal:
    """Why somebody may not, with a sentence for them."""

    why: WhyNone
    sentence: str


def why_not_now(membership: Membership) -> Refusal | None:
    """Why this person may not, as it stands with them and with the campaign, both as they are now;
    None where they may. Whether revision rests is another thing."""
    if membership.campaign.status not in CAN_BE_REVISED:
        return Refusal(WhyNone.NOT_YET, _IS_OVER)
    if membership.paused_at is not None:
        return Refusal(WhyNone.PAUSED, _YOU_REST)
    if membership.campaign.needs_training and membership.qualified_at is None:
        return Refusal(WhyNone.NOT_YET, _NOT_TRAINED)
    return None
