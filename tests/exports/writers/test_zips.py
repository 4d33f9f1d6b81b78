"""Zip files that are joined of parts: what was in the parts is in the whole."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from zipfile import ZIP_STORED, ZipFile

from hypothesis import example, given
from hypothesis import strategies as st

from apps.exports.domain.masks import later_index, with_index
from apps.exports.gateways.zip_files import JoinedZip, join_zips, note_of, part_zip, zip_folder

contents = st.binary(max_size=60) | st.just(b"\0" * 3_000)
entries = st.lists(st.tuples(contents, st.booleans()), max_size=4)
Entries = list[tuple[bytes, bool]]


def make_parts(folder: Path, parts: list[Entries]) -> list[Path]:
    paths = []
    for number, some in enumerate(parts):
        paths.append(folder / f"{number}.part")
        with part_zip(paths[-1]) as zipped:
            for place, (content, packed) in enumerate(some):
                zipped.add(f"é {number}/{place}.bin", content, packed=packed)
    return paths


@given(st.lists(entries, max_size=4))
@example([[], [(b"", True), (b"", False)]])
def test_the_whole_has_what_the_parts_have(parts: list[Entries]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        count = join_zips(folder / "all.zip", make_parts(folder, parts))
        with ZipFile(folder / "all.zip") as whole:
            assert whole.testzip() is None
            told = [(one, whole.read(one)) for one in whole.namelist()]
            assert {info.date_time for info in whole.infolist()} <= {(1980, 1, 1, 0, 0, 0)}
    assert count == len(told)
    assert told == [
        (f"é {number}/{place}.bin", content)
        for number, some in enumerate(parts)
        for place, (content, _) in enumerate(some)
    ]


def test_more_entries_than_old_zips_tell_and_places_beyond_four_gigabytes(tmp_path: Path) -> None:
    [part] = make_parts(tmp_path, [[(b"one" * 20, False), (b"two" * 40, True)]])
    with (tmp_path / "all.zip").open("wb") as file, TemporaryFile() as listed:
        file.seek(2**32 - 50)  # a hole, which takes no room
        joined = JoinedZip(file, listed)
        with ZipFile(part) as zipped, part.open("rb") as opened:
            for number in range(33_000):
                for info in zipped.infolist():
                    joined.add(info, f"{number}/{info.filename[-5:]}", opened)
        joined.finish()
    with ZipFile(tmp_path / "all.zip") as whole:
        infos = whole.infolist()
        assert len(infos) == joined.count == 66_000
        assert infos[0].header_offset < 2**32 < infos[1].header_offset
        assert whole.read("0/0.bin") == b"one" * 20
        assert whole.read("32999/1.bin") == b"two" * 40


def test_names_are_given_when_the_parts_are_joined(tmp_path: Path) -> None:
    with part_zip(tmp_path / "a") as zipped:
        zipped.note("2")
        zipped.add(f"curve_idx_{later_index(1)}_slice_3_cor_0_1_0_1_0_1.png", b"x")
        zipped.add("curve_idx_4_slice_3_cor_0_1_0_1_0_1.png", b"y")
    assert note_of(tmp_path / "a") == "2"
    join_zips(tmp_path / "all.zip", [tmp_path / "a"], lambda _, name: with_index(name, 40))
    with ZipFile(tmp_path / "all.zip") as whole:
        assert whole.namelist() == [
            "curve_idx_41_slice_3_cor_0_1_0_1_0_1.png",
            "curve_idx_4_slice_3_cor_0_1_0_1_0_1.png",
        ]


def test_a_folder_is_zipped_as_it_lies(tmp_path: Path) -> None:
    (tmp_path / "volume" / "8_8_30").mkdir(parents=True)
    (tmp_path / "volume" / "8_8_30" / "0-64.gz").write_bytes(b"chunk")
    (tmp_path / "volume" / "info").write_text("{}")
    for name in ("one.zip", "two.zip"):
        zip_folder(tmp_path / name, tmp_path / "volume", top="masks", go_on=lambda: None)
    with ZipFile(tmp_path / "one.zip") as whole:
        assert whole.namelist() == ["masks/8_8_30/0-64.gz", "masks/info"]
        assert {info.compress_type for info in whole.infolist()} == {ZIP_STORED}
        assert whole.read("masks/info") == b"{}"
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
