"""Instances that are mended: who has which, the masks and points that they draw, proposals, and
the synapses that were missed."""

from apps.revision.models.additions import AddedSynapse, AnsweredMark
from apps.revision.models.markers import Marker, MarkerCheck
from apps.revision.models.masks import MaskSlice
from apps.revision.models.methods import MethodCheck
from apps.revision.models.proposals import Proposal, ProposedSlice
from apps.revision.models.revisions import Revision, RevisionLease, RevisionSettings
from apps.revision.models.second_looks import SecondLook

__all__ = [
    "AddedSynapse",
    "AnsweredMark",
    "Marker",
    "MarkerCheck",
    "MaskSlice",
    "MethodCheck",
    "Proposal",
    "ProposedSlice",
    "Revision",
    "RevisionLease",
    "RevisionSettings",
    "SecondLook",
]
