"""How the documentation is built: `make docs` in the folder above."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "KMC two-factor conformance harness"
author = "The KMC two-factor conformance harness authors"
project_copyright = f"2026, {author}"
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "from_code",
]
exclude_patterns = ["_build"]

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3
copybutton_prompt_text = "$ "
copybutton_exclude = ".linenos, .gp, .go"

# Docstrings are written as Markdown is: one backtick on each side of code.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_default_options = {"members": True, "undoc-members": False}

html_theme = "furo"
html_title = "KMC two-factor conformance"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
