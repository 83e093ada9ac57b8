"""The scenarios as tests. An adopter's test module is one line: `from kmc_harness.suite import *`.

Each test is named after its scenario.
"""

from pytest_bdd import scenario
from pytest_bdd.feature import get_features

from kmc_harness.specification.bindings import name_of
from kmc_harness.specification.locations import FEATURES, STEP_MODULES

pytest_plugins = list(STEP_MODULES)


def _tests() -> dict[str, object]:
    tests: dict[str, object] = {}
    for feature in get_features([str(FEATURES)]):
        for title, template in feature.scenarios.items():

            def test() -> None:
                """A scenario has no body of its own."""

            tests[f"test_{name_of(template)}"] = scenario(feature.filename, title, features_base_dir=str(FEATURES))(
                test
            )
    return tests


globals().update(_tests())
__all__ = [name for name in globals() if name.startswith("test_")] + ["pytest_plugins"]
