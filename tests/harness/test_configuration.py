"""A project's own file: what `kmc run` takes from it, and what a mistake in it leads to."""

from pathlib import Path

import pytest

from tests.conftest import kmc


def test_a_projects_file_says_what_is_run_and_counts_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "kmc.toml").write_text(
        'only = "SWI-002"\npolicy = "kaltura-server"\nreport = "out"\ncontexts = "off"\n'
    )
    (below := tmp_path / "below").mkdir()
    done = kmc("run", cwd=below)
    assert done.returncode == 1, done.stderr
    assert "SWI-002" in done.stdout
    assert (tmp_path / "out" / "report.html").exists()
    assert kmc("run", "--policy", "article", cwd=below).returncode == 0


def test_pyproject_serves_as_well_and_config_shows_where_each_is_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.kmc]\nprofile = "all"\nonly = ["SWI", "LOG-002"]\n')
    monkeypatch.setenv("KMC_SEED", "7")
    shown = [line.split() for line in kmc("config", cwd=tmp_path).stdout.splitlines()]
    assert shown[0] == ["file:", str(tmp_path / "pyproject.toml")]
    for line in (["profile", "all", "file"], ["only", "SWI,LOG-002", "file"], ["seed", "7", "environment"]):
        assert line in shown
    assert ["policy", "article", "default"] in shown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('polcy = "article"', "unknown setting 'polcy'; did you mean 'policy'?"),
        ("policy = ", "cannot be read: Invalid value"),
        ('policy = "kaltura"', "unknown policy 'kaltura'; did you mean 'kaltura-server'?"),
        ('repeat = "often"', "repeat takes a whole number, not 'often'"),
        ("seed = 7", "seed takes words between quotation marks, not 7"),
        ("resume = 'x'", "unknown setting 'resume'"),
    ],
)
def test_a_mistake_in_it_is_told_before_anything_runs(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "kmc.toml").write_text(text)
    done = kmc("run", cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
