"""Run the notebooks and write their outputs as people will see them: `python notebooks/refresh.py [PATH ...]`.

Widgets need a kernel: of what offers one, the picture beside it is kept.
"""

import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
PROGRESS = "; worst so far: "
"""What a long run says now and then."""
WIDGET = "application/vnd.jupyter.widget-view+json"


def executed(path: Path) -> Any:
    """Return the notebook at `path`, run from top to bottom in its own folder, without what differs from run to run.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised something.

    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        store_widget_state=False,
        record_timing=False,
    )
    client.execute()
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {}
        if "outputs" in cell:
            cell.outputs = [each for each in cell.outputs if PROGRESS not in each.get("text", "")]
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(WIDGET, None)
    return notebook


if __name__ == "__main__":
    for each in map(Path, sys.argv[1:] or sorted(map(str, HERE.glob("*.ipynb")))):
        nbformat.write(executed(each), each)
        print(each)
