"""The neurons of a campaign that goes along them, their sections, and what is yet to be placed."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.campaigns.models.campaigns import Campaign
from apps.core.fields import UInt64Field


class CampaignNeuron(models.Model):
    """A neuron along which a campaign goes, in the order of `position`.

    `instance_ids` are its synapses from when they are known until it is walked: each synapse is
    the first neuron's of those that it touches. Sheets `first_sheet` to `last_sheet` are the
    neuron's, both included; null where it has none.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="neurons")
    root_id = UInt64Field()
    position = models.PositiveIntegerField(help_text="Counted from 0.")
    root_nm = ArrayField(
        models.FloatField(), size=3, null=True, help_text="Where the walk is to begin: x, y, z."
    )
    soma_nm = ArrayField(models.FloatField(), size=3, null=True)
    length_nm = models.FloatField(default=0.0)
    failure = models.TextField(blank=True, help_text="Why it has no sections, as a sentence.")
    instance_ids = ArrayField(models.BigIntegerField(), null=True)
    item_count = models.PositiveIntegerField(
        default=0, help_text="Of its synapses, gold among them; known once it is walked."
    )
    first_sheet = models.PositiveIntegerField(null=True)
    last_sheet = models.PositiveIntegerField(null=True)
    walked_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(
        default=0, help_text="Times that walking it was begun and nothing was heard of it again."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "root_id"], name="a_neuron_once_in_a_campaign"
            ),
            models.UniqueConstraint(
                fields=["campaign", "position"], name="a_neuron_position_once_in_a_campaign"
            ),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"neuron {self.root_id} of campaign {self.campaign_id}"


class NeuronSection(models.Model):
    """A piece of a neuron's skeleton without a branch point inside."""

    # The index of its constraint begins with the neuron.
    neuron = models.ForeignKey(
        CampaignNeuron, on_delete=models.CASCADE, related_name="sections", db_index=False
    )
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="sections")
    number = models.PositiveIntegerField(help_text="From 0, in the order of the walk.")
    parent = models.PositiveIntegerField(
        null=True, help_text="The number of the section at whose end it begins."
    )
    path_nm = ArrayField(
        ArrayField(models.FloatField(), size=3),
        help_text="Points x, y, z from the root's side, those between simplified.",
    )
    length_nm = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["neuron", "number"], name="section_number_is_unique")
        ]

    def __str__(self) -> str:
        return f"section {self.number} of neuron {self.neuron_id}"


class WalkPart(models.Model):
    """Synapses of a walked neuron that are to come on pages, in their order, with the sheet and
    the section of each and their places in the walk; and the sheets on which one looks for what
    was missed. Parts end between sheets, and are taken away as their pages are made."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="walk_parts")
    number = models.PositiveIntegerField(help_text="Counted from 0.")
    first_position = models.PositiveIntegerField(help_text="Of its first synapse.")
    instance_ids = ArrayField(models.BigIntegerField())
    sheets = ArrayField(models.PositiveIntegerField())
    section_ids = ArrayField(models.BigIntegerField(null=True))
    traversals = ArrayField(models.PositiveIntegerField(null=True))
    search_sheets = ArrayField(models.PositiveIntegerField())
    search_section_ids = ArrayField(models.BigIntegerField())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "number"], name="a_walk_part_once_in_a_campaign"
            )
        ]

    def __str__(self) -> str:
        return f"part {self.number} of the walk of campaign {self.campaign_id}"
