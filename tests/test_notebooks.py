"""The notebooks run top to bottom and show what they were committed with."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def _shown(notebook: Any) -> list[Any]:
    return [
        output.get("text") or sorted(output.get("data", {}).items())
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_it_was_committed_with(path: Path) -> None:
    committed = nbformat.read(path, as_version=4)
    assert _shown(committed)
    ran = NotebookClient(nbformat.read(path, as_version=4), timeout=120, kernel_name="python3").execute()
    assert _shown(ran) == _shown(committed)
