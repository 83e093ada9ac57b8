"""Real products, judged by a named sample of what `make targets` judges whole; in CI in one configuration each."""

import importlib.util
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kmc_harness.port import LogIn, RegisterUser
from kmc_harness.targets.hosted import Hosted
from tests.conftest import WHOLE

TARGETS = Path(__file__).parent.parent / "examples" / "targets"
PACKAGES = {"django-allauth": "allauth", "django-two-factor-auth": "two_factor", "flask-security": "flask_security"}
FOLDERS = {"better-auth": "node_modules", "pgadmin": ".venv"}
SLOW = ("pgadmin", "flask-security")
"""Judged where KMC_TEST_ALL says so: one is large, the other waits for the cost of its hashes."""
SAMPLE = ("LOG-004", "ENR-011", "RST-007", "STD-002", "STD-003", *(("LOG-009", "LOG-010") if WHOLE else ()))
NOT_HELD = {
    "django-allauth/in-process.toml": {"RST-007": "fail", "STD-002": "warning", "STD-003": "fail"},
    "django-allauth/target.toml": {"RST-007": "fail", "STD-002": "warning", "STD-003": "fail"},
    "django-allauth/drops-pairing.toml": {"STD-002": "warning", "STD-003": "fail"},
    "django-allauth/tolerance.toml": {"RST-007": "fail", "STD-003": "fail"},
    "flask-security/in-process.toml": {"LOG-010": "fail", "RST-007": "fail", "STD-002": "warning", "STD-003": "fail"},
    "flask-security/target.toml": {"LOG-010": "fail", "RST-007": "fail", "STD-002": "warning", "STD-003": "fail"},
    "flask-security/drops-pairing.toml": {"LOG-010": "fail", "STD-002": "warning", "STD-003": "fail"},
    "better-auth/target.toml": {"RST-007": "fail", "STD-003": "fail"},
    "better-auth/drops-pairing.toml": {"STD-003": "fail"},
    "django-two-factor-auth/target.toml": {"RST-007": "fail", "STD-003": "fail"},
    "django-two-factor-auth/drops-pairing.toml": {"STD-003": "fail"},
    "pgadmin/target.toml": {"RST-007": "fail", "STD-002": "warning", "STD-003": "fail"},
}


def _needs(name: str) -> None:
    product = name.partition("/")[0]
    folder = FOLDERS.get(product)
    if not ((TARGETS / product / folder).exists() if folder else importlib.util.find_spec(PACKAGES[product])):
        pytest.skip(f"{name} is not installed (make targets more-targets)")


@pytest.mark.parametrize(
    "name", [name for name in NOT_HELD if WHOLE or (name.endswith("target.toml") and not name.startswith(SLOW))]
)
def test_a_product_departs_where_its_readme_says_and_nowhere_else(name: str, judge: Callable[..., Any]) -> None:
    _needs(name)
    ran = judge(str(TARGETS / name), *(word for each in SAMPLE for word in ("--only", each)))
    assert ran.departed == NOT_HELD[name]
    readme = (TARGETS / name).with_name("README.md").read_text()
    if "tolerance" not in name:
        assert all(each in readme for each in NOT_HELD[name])


def test_a_product_that_freezegun_moves_in_part_is_not_judged(judge: Callable[..., Any], tmp_path: Path) -> None:
    _needs("flask-security")
    described = (TARGETS / "flask-security" / "in-process.toml").read_text()
    (tmp_path / "target.toml").write_text(described.replace("time-machine", "freezegun"))
    for each in ("adapter.py", "site_with_flask_security.py"):
        (tmp_path / each).symlink_to(TARGETS / "flask-security" / each)
    ran = judge(str(tmp_path), "--only", "LOG-004")
    assert ran.verdicts == {"LOG-004": "error"}
    assert "part of the target did not move along" in " ".join(ran.out.split())


@pytest.mark.parametrize("code", [None, "", "000000"])
def test_better_auth_asks_for_no_code_after_a_wrong_password(code: str | None) -> None:
    _needs("better-auth/target.toml")
    with closing(Hosted(TARGETS / "better-auth")) as target:
        target.perform(RegisterUser("Acme", "ada@kmc.example", "s3cure-pass!"))
        seen = target.perform(LogIn("ada@kmc.example", "wr0ng-pass!", code))
    assert (seen.accepted, seen.message, seen.asks_for_code) == (False, "Invalid email or password", False)
