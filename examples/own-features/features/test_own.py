"""Our features: `pytest examples/own-features`, with --kmc-target=... as the suite takes it."""

from pytest_bdd import scenarios

from kmc_harness.suite import pytest_plugins  # noqa: F401 - the suite's sentences

scenarios(".")
