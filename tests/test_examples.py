"""The examples, run as they stand."""

import os
import subprocess
import sys
from pathlib import Path

import yaml

from tests.conftest import ROOT


def test_the_workflow_for_github_runs_as_it_stands(tmp_path: Path) -> None:
    workflow = yaml.safe_load((ROOT / "examples/github-actions/conformance.yml").read_text())
    job = workflow["jobs"]["conformance"]
    steps = {step["name"]: step["run"] for step in job["steps"] if "run" in step and not step["run"].startswith("pip")}
    assert list(steps) == ["Judge", "Compare with the last accepted report"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    env |= job["env"] | {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": "page.md",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    for _ in range(2):
        for script in steps.values():
            # As GitHub runs a step: bash -e.
            subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=env, check=True, capture_output=True)
        (tmp_path / "accepted").mkdir(exist_ok=True)
        (tmp_path / "accepted" / "report.json").write_bytes((tmp_path / "kmc-report" / "report.json").read_bytes())
    assert "of them partly, on model" in (tmp_path / "page.md").read_text()
