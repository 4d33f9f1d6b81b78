"""Names and numbers in a layer of annotations."""

from __future__ import annotations

# What a number of the property stands for. Numbers are never given to other words: whoever keeps
# a layer reads it by them.
VERDICTS = ("none", "correct", "incorrect", "unsure")
STATES = (
    *("unjudged", "waiting", "disputed", "settled", "discarded"),
    *("added", "mended", "fine", "no_synapse", "unmendable"),
)
NOT_KNOWN = -1.0  # of p_correct
MOST_VOTES = 2**16 - 1
PRE, POST = "pre_segment", "post_segment"
