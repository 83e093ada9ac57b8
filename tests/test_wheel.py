"""The wheel, installed elsewhere, runs the suite from an empty folder."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--outdir", str(out), str(ROOT)], check=True, capture_output=True)
    return next(out.glob("*.whl"))


def test_features_and_steps_travel_inside_the_package(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"kmc_harness", "kmc_model"}
    assert "kmc_harness/features/requirements.toml" in names
    assert "kmc_harness/features/contexts/acts.toml" in names
    assert "kmc_harness/steps/login.py" in names


def test_the_wheel_runs_the_suite_from_an_empty_folder(wheel: Path, tmp_path: Path, on_article: Any) -> None:
    venv.create(tmp_path / "venv")
    tools, empty = tmp_path / "venv" / "bin", tmp_path / "empty"
    empty.mkdir()
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    # The pip at hand, for it takes seconds to install another; and what is never imported need not be compiled.
    pip = [sys.executable, "-m", "pip", "--python", tools / "python", "install", "--quiet", "--no-compile", wheel]
    subprocess.run(pip, check=True, env=env, capture_output=True)
    done = subprocess.run(
        [tools / "kmc", "run", "--profile", "all"], cwd=empty, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{on_article.judged} requirements judged" in " ".join(done.stdout.split())
    assert (empty / "kmc-report" / "report.json").exists()
