"""The reference model of the two-factor login, and what is derived from it."""

import builtins

if hasattr(builtins, "__IPYTHON__"):
    import kmc_model.notebook.display  # noqa: F401  registers how things show themselves in Jupyter
