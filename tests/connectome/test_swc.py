"""SWC files as they are met: in any order, in pieces, with cycles; and what is no SWC."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from apps.connectome.skeletons import SkeletonError, heal, read_swc
from apps.connectome.swc_rows import check_swc
from tests.connectome.trees import edge_set, is_one_tree

PLAIN = "1 1 0 0 0 9 -1\n2 3 0 0 10 1 1\n3 3 0 0 20 1 2\n"


def test_a_plain_file() -> None:
    neuron = read_swc(PLAIN, "a.swc")
    assert neuron.vertices_nm.tolist() == [[0, 0, 0], [0, 0, 10], [0, 0, 20]]
    assert edge_set(neuron) == {(0, 1), (1, 2)}
    assert neuron.radii_nm.tolist() == [9, 1, 1]
    assert neuron.soma == 0


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("\n", "\r\n"),
        "\ufeff# from a tracer\r\n#\n\n   \n" + PLAIN,
        PLAIN.replace(" ", ","),
        PLAIN.replace(" ", ", "),
        PLAIN.replace(" ", "\t"),
        PLAIN.replace(" ", "   ").strip(),
        "  " + PLAIN.replace("\n", " \n   # a note\n  "),
        "1.0 1 0e0 0 0 9 -1.0\n2 3 +0 0 1e1 1 1\n3 3 0 0 20 1 2",
    ],
    ids=["CRLF", "comments", "commas", "commas and blanks", "tabs", "wide", "ragged", "decimals"],
)
def test_the_same_written_otherwise(text: str) -> None:
    plain, other = read_swc(PLAIN, "a.swc"), read_swc(text, "a.swc")
    assert np.array_equal(plain.vertices_nm, other.vertices_nm)
    assert edge_set(plain) == edge_set(other)
    assert other.soma == 0


def test_numbers_in_any_order_and_with_gaps_between_them() -> None:
    neuron = read_swc("70 3 0 0 20 1 5\n5 3 0 0 10 1 900\n900 1 0 0 0 9 -1\n", "a.swc")
    assert edge_set(neuron) == {(0, 1), (1, 2)}
    assert neuron.soma == 2


def test_micrometres() -> None:
    neuron = read_swc(PLAIN, "a.swc", nm_per_unit=1000)
    assert neuron.length_nm == 20_000
    assert neuron.radii_nm[0] == 9000


def test_several_roots_are_joined() -> None:
    healed = heal(read_swc(PLAIN + "8 3 0 4 20 1 -1\n9 3 0 8 20 1 8\n", "a.swc"))
    assert is_one_tree(healed)
    assert (2, 3) in edge_set(healed)


def test_a_cycle_is_cut_and_who_hangs_on_itself_is_a_root() -> None:
    cycle = "1 3 0 0 0 1 3\n2 3 0 0 10 1 1\n3 3 0 0 15 1 2\n"
    assert edge_set(heal(read_swc(cycle, "a.swc"))) == {(0, 1), (1, 2)}
    own = read_swc("4 3 0 0 0 1 4\n5 3 0 0 9 1 4\n", "a.swc")
    assert edge_set(own) == {(0, 1)}


def test_radii_that_are_not_told() -> None:
    neuron = read_swc("1 3 0 0 0 nan -1\n2 3 0 0 1 0 1\n3 3 0 0 2 -1 2\n4 3 0 0 3 2 3", "a.swc")
    assert np.isnan(neuron.radii_nm).tolist() == [True, True, True, False]
    assert neuron.soma is None


def test_a_soma_of_several_vertices_is_its_middle() -> None:
    """Three points as NeuroMorpho writes them, and a contour whose thickest comes last."""
    three = "1 1 0 0 0 5 -1\n2 1 0 5 0 5 1\n3 1 0 -5 0 5 1\n4 3 9 0 0 1 1\n"
    assert read_swc(three, "a.swc").soma == 0
    two = "1 3 0 0 0 1 -1\n2 1 0 0 9 3 1\n3 1 0 9 9 7 1\n"
    assert read_swc(two, "a.swc").soma == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"^a\.swc holds no vertices\.$"),
        ("# nothing\n\n", r"^a\.swc holds no vertices\.$"),
        ("1 1 0 0 0 1\n", r"^a\.swc, line 1: it has 6 columns instead of 7"),
        (PLAIN + "4 3 0 0 30 1 3 8\n", r"^a\.swc, line 4: it has 8 columns"),
        ("1 1 0,5 0 0 1 -1\n", r"^a\.swc, line 1: .*decimals take a point"),
        ("# x\n1 1 0 nan 0 1 -1\n", r"^a\.swc, line 2: y is nan, which is no place"),
        ("1 1 0 0 inf 1 -1\n", r"^a\.swc, line 1: z is inf"),
        ("1 1 0 0 1e13 1 -1\n", r"^a\.swc, line 1: z lies over a kilometre away"),
        ("1 1 0 x 0 1 -1\n", r"^a\.swc, line 1: y is 'x', not a number"),
        ("1 1 0 0 0 thick -1\n", r"^a\.swc, line 1: radius is 'thick', not a number"),
        ("1.5 1 0 0 0 1 -1\n", r"^a\.swc, line 1: number is '1\.5', not a whole number"),
        ("1 soma 0 0 0 1 -1\n", r"^a\.swc, line 1: type is 'soma', not a number"),
        (PLAIN + "2 3 0 0 30 1 3\n", r"^a\.swc, line 4: the number 2 stands in line 2 as well"),
        (PLAIN + "4 3 0 0 30 1 7\n", r"^a\.swc, line 4: vertex 4 hangs on 7, which the file does"),
        ("-3 3 0 0 30 1 -1\n", r"^a\.swc, line 1: the number -3 is below 0"),
        (PLAIN + "4 3 0 0 30 1 -2\n", r"^a\.swc, line 4: vertex 4 hangs on -2"),
    ],
)
def test_what_is_no_swc_is_refused_by_file_and_line(text: str, sentence: str) -> None:
    with pytest.raises(SkeletonError, match=sentence):
        read_swc(text, "a.swc")


def test_a_large_file_is_checked_in_little_memory() -> None:
    """Of each vertex only three numbers are kept, though they stand in no order."""
    count = 5_000
    text = "".join(f"{number} 3 {number}.5 0 0 1 -1\n" for number in range(count, 0, -1))
    tracemalloc.start()
    try:
        check_swc(text, "a.swc")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 200 * count  # rows as objects take over 300 bytes each
