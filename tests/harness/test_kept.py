"""What is kept on disk is what would be made anew."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kmc_harness.exploring.kept import VERSIONS, kept


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "kmc-harness"


@pytest.fixture
def make() -> Callable[[], tuple[int, ...]]:
    made: list[int] = []

    def one() -> tuple[int, ...]:
        made.append(len(made))
        return tuple(made)

    return one


@pytest.mark.usefixtures("folder")
def test_it_is_made_once(make: Callable[[], tuple[int, ...]]) -> None:
    assert [kept("numbers", tuple[int, ...], make) for _ in range(2)] == [(0,), (0,)]
    assert kept("others", tuple[int, ...], make) == (0, 1)


@pytest.mark.parametrize("damaged", [b"", b"\xc1", b"\x91\xa1x"])
def test_a_file_that_holds_something_else_is_made_anew(
    damaged: bytes, folder: Path, make: Callable[[], tuple[int, ...]]
) -> None:
    kept("numbers", tuple[int, ...], make)
    (file,) = folder.glob("*/numbers")
    file.write_bytes(damaged)
    assert kept("numbers", tuple[int, ...], make) == (0, 1)
    assert kept("numbers", tuple[int, ...], make) == (0, 1)


def test_each_version_of_the_code_has_its_own_and_few_stay(folder: Path, make: Callable[[], tuple[int, ...]]) -> None:
    for number in range(9):
        (folder / f"earlier {number}").mkdir(parents=True)
        (folder / f"earlier {number}" / "numbers").write_bytes(b"\x91\x07")
    assert kept("numbers", tuple[int, ...], make) == (0,)
    assert len(list(folder.iterdir())) == VERSIONS


def test_where_nothing_can_be_kept_it_is_made_each_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, make: Callable[[], tuple[int, ...]]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert [kept("numbers", tuple[int, ...], make) for _ in range(2)] == [(0,), (0, 1)]
