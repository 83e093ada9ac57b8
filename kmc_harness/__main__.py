"""`python -m kmc_harness`: the `kmc` command, where only an interpreter is known."""

from kmc_harness.cli.app import app

app()
