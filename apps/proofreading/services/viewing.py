"""Any instance of a campaign in Neuroglancer."""

from __future__ import annotations

from apps.campaigns.models import Campaign, Item, NeuronSection, Page
from apps.datasets.domain.viewer_state import KNOWN_LAYER
from apps.datasets.models import Volume
from apps.datasets.services.viewing import Problem, View, view_of_instance, view_of_place
from apps.proofreading.selectors.neurons import MOST_KNOWN, known_synapses

_NOT_ALL = (
    f"More synapses are known around this section than are shown: {MOST_KNOWN:,} of them are, so "
    "one without a point may be known all the same."
)


def neuroglancer_state(campaign: Campaign, item: Item, origin: str) -> View:
    """The state that shows an item at its place and as large as its cutout: image, clefts, neurons
    with both partners selected, both points. Plain data; nothing in it says what is known of the
    item, gold or not. `origin` is this server's address, from which local volumes are read.

    What cannot be shown, or shows nothing there, is among the problems.
    """
    volumes = list(Volume.objects.filter(dataset=campaign.table.dataset_id))
    return view_of_instance(
        volumes, item.instance, campaign.table.resolution, campaign.crop, origin
    )


def section_state(page: Page, origin: str) -> View | None:
    """The beginning of the section that a page is of, with its neuron selected and points where
    the table has synapses of it; None where it is of none."""
    if page.section_id is None:
        return None
    section = NeuronSection.objects.select_related("neuron").get(pk=page.section_id)
    x, y, z = section.path_nm[0]
    campaign = page.campaign
    volumes = list(Volume.objects.filter(dataset=campaign.table.dataset_id))
    known_nm = known_synapses(section, campaign.table)
    view = view_of_place(
        *(volumes, (x, y, z), section.neuron.root_id, campaign.crop, origin), known_nm
    )
    if len(known_nm) == MOST_KNOWN:
        view.problems.append(Problem(KNOWN_LAYER, _NOT_ALL))
    return view
