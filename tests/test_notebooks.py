"""The notebooks run top to bottom and show what they were committed with.

Texts and tables must be equal. Pictures depend on fonts and versions: where one was there must be one, and not a blank.
"""

import base64
import io
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from PIL import Image

from notebooks.refresh import HERE, executed
from tests.conftest import WHOLE

NOTEBOOKS = sorted(HERE.glob("*.ipynb"))
PICTURE = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")


def _shown(notebook: Any) -> list[Any]:
    return [
        output.get("text") or {kind: _comparable(kind, data) for kind, data in output.get("data", {}).items()}
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        # How far it is, said now and then where it takes long.
        if output.get("name") != "stderr"
    ]


def _comparable(kind: str, data: str) -> str:
    return _picture(data) if kind == "image/png" else PICTURE.sub(lambda found: _picture(found[1]), data)


def _picture(encoded: str) -> str:
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as image:
        darkest, brightest = image.convert("L").getextrema()
    return "a picture" if darkest < brightest else "a blank picture"


@pytest.mark.parametrize("path", NOTEBOOKS if WHOLE else NOTEBOOKS[1::6], ids=lambda path: path.stem)
def test_a_notebook_shows_what_it_was_committed_with(path: Path) -> None:
    committed = nbformat.read(path, as_version=4)
    assert _shown(committed)
    assert _shown(executed(path)) == _shown(committed)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_asks_first_answers_last_and_warns_of_nothing(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert "**Question.**" in notebook.cells[0].source
    assert "%pip install" in notebook.cells[1].source
    assert "**Answer.**" in notebook.cells[-1].source
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.get("name") == "stderr"]
