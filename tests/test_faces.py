"""The names that users need stand at the top of each package, and cost nothing until they are asked for."""

import subprocess
import sys

import pytest

import kmc_harness
import kmc_model


@pytest.mark.parametrize("package", [kmc_model, kmc_harness], ids=lambda each: each.__name__)
def test_each_public_name_can_be_had_and_no_other(package: object) -> None:
    for name in package.__all__:
        assert getattr(package, name) is not None
    assert sorted(name for names in package._MODULES.values() for name in names) == sorted(package.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = package.nothing


def test_importing_a_package_imports_nothing_heavy() -> None:
    heavy = "{'pandas', 'numpy', 'PIL', 'pytest', 'typer', 'msgspec', 'pyotp'}"
    code = f"import sys, kmc_model, kmc_harness; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_model_shows_itself_wherever_ipython_runs() -> None:
    code = (
        "import builtins; builtins.__IPYTHON__ = True\n"
        "from kmc_model import Model\n"
        "print(sorted(Model()._repr_mimebundle_()))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown == "['text/html', 'text/plain']\n"
