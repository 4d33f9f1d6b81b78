"""Let a campaign go along neurons. The walk itself is in `walking`, for workers alone."""

from __future__ import annotations

from apps.campaigns.domain.neurons import NeuronChoice, which_synapses
from apps.campaigns.models import Campaign, CampaignNeuron
from apps.campaigns.selectors import selection_of
from apps.core.errors import InvalidInputError
from apps.datasets.models import SkeletonSource, SynapseTable


def check_neurons(choice: NeuronChoice, order: str, table: SynapseTable) -> None:
    """Raises InvalidInputError where a campaign of this order and table cannot go along them."""
    check_order(order)
    problem = why_no_skeletons(table)
    if problem:
        raise InvalidInputError(f"neurons: {problem}", field="neurons")


def check_order(order: str) -> None:
    """Raises InvalidInputError for an order in which nobody goes along neurons."""
    if order != Campaign.Order.NEURON:
        raise InvalidInputError(
            f"order: neurons are gone along in the order 'neuron', not {order!r}.", field="order"
        )


def why_no_skeletons(table: SynapseTable) -> str:
    """Why nobody can go along the skeletons of a table's dataset; nothing where they can."""
    source = SkeletonSource.objects.filter(dataset=table.dataset_id).first()
    dataset = table.dataset.name
    if source is None:
        return (
            f"the dataset {dataset!r} has no skeletons to go along. Say where they come from, or "
            "choose the synapses of some neurons without going along them."
        )
    if source.checked_version < source.version:
        return (
            f"where the skeletons of the dataset {dataset!r} come from is being looked at; try "
            "again in a moment."
        )
    if source.problem:
        return f"the skeletons of the dataset {dataset!r} cannot be used. {source.problem}"
    return ""


def add_neurons(campaign: Campaign, choice: NeuronChoice) -> None:
    """The neurons along which a campaign that was just created goes."""
    CampaignNeuron.objects.bulk_create(
        CampaignNeuron(
            campaign=campaign,
            root_id=root_id,
            position=position,
            root_nm=list(choice.roots[root_id]) if root_id in choice.roots else None,
        )
        for position, root_id in enumerate(choice.ids)
    )


def choice_of(campaign: Campaign) -> NeuronChoice | None:
    """The neurons that a campaign goes along; None where it goes along none."""
    return chosen_for(campaign) if campaign.order == Campaign.Order.NEURON else None


def chosen_for(campaign: Campaign) -> NeuronChoice | None:
    """The neurons that were chosen for a campaign, also while its order is another."""
    neurons = list(campaign.neurons.order_by("position").values_list("root_id", "root_nm"))
    if not neurons:
        return None
    roots = {root_id: (at[0], at[1], at[2]) for root_id, at in neurons if at is not None}
    synapses = which_synapses(selection_of(campaign.pk))
    return NeuronChoice(tuple(root_id for root_id, _ in neurons), synapses, roots)
