"""A seeded phantom: an EM-like volume with neurons, synapses and known planted errors.

`make_phantom(PhantomSpec())` gives everything that a proofreading campaign needs, and the truth
to score it against. Pure: it reads and writes nothing.
"""

from apps.voxels.phantom.generator import make_phantom
from apps.voxels.phantom.pyramids import downsample_image, downsample_labels
from apps.voxels.phantom.spec import Candidate, Phantom, PhantomSpec, Truth, TruthKind
from apps.voxels.phantom.tables import table_rows, truth_document

__all__ = [
    "Candidate",
    "Phantom",
    "PhantomSpec",
    "Truth",
    "TruthKind",
    "downsample_image",
    "downsample_labels",
    "make_phantom",
    "table_rows",
    "truth_document",
]
