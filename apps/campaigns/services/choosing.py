"""Change the neurons along which a draft goes."""

from __future__ import annotations

from apps.campaigns.domain.neurons import (
    NeuronChoice,
    describe_neurons,
    with_neurons,
    without_neurons,
)
from apps.campaigns.models import Campaign, CampaignSelection
from apps.campaigns.selectors import selection_of
from apps.campaigns.services.campaigns import check_selection
from apps.campaigns.services.changing import check_draft
from apps.campaigns.services.neurons import (
    add_neurons,
    check_neurons,
    check_order,
    chosen_for,
)
from apps.datasets.domain.selection import Selection


def change_neurons(campaign: Campaign, choice: NeuronChoice | None) -> dict[str, object]:
    """Have a draft that is locked go along these neurons, or along none; what was changed, for the
    record: nothing where they are those that it has.

    A draft has no pages, sections or walks: they are made anew when it starts. What else it
    selects, and its gold, stays. Raises NotNowError where it is no draft any more, and
    InvalidInputError naming the field.
    """
    if choice is not None:
        check_order(campaign.order)
    former = chosen_for(campaign)
    if choice == former:
        return {}
    check_draft(campaign, "neurons")
    selection = selection_of(campaign.pk)
    if former is not None:
        selection = without_neurons(selection)
    if choice is not None:
        check_neurons(choice, campaign.order, campaign.table)
        selection = with_neurons(selection, choice)
    check_selection(selection, campaign.table)
    campaign.neurons.all().delete()
    _keep(campaign, selection)
    if choice is not None:
        add_neurons(campaign, choice)
    return {"neurons": {"from": describe_neurons(former), "to": describe_neurons(choice)}}


def _keep(campaign: Campaign, selection: Selection) -> None:
    stored = CampaignSelection.objects.filter(campaign=campaign)
    if selection.is_all:
        stored.delete()
    else:
        CampaignSelection.objects.update_or_create(
            campaign=campaign, defaults={"selection": selection.as_json()}
        )
