"""The two policies of the model, whose verdicts are known beforehand; and each departure on its own."""

from collections.abc import Callable
from typing import Any

import pytest

from kmc_harness.specification import catalogue
from kmc_model.policy import KALTURA_SERVER, departures
from tests.conftest import WHOLE

CATALOGUE = catalogue.load()
DEPARTURES = departures(KALTURA_SERVER)
SAMPLE = (
    "enrolment_link_ttl_s",
    "late_user_is_mailed_link",
    "secret_bits",
    "switch_between_two_factor_accounts_needs_login",
)
"""What is run in CI; `make check-all` runs all of them."""


def _expected(as_built: bool) -> dict[str, str]:
    """Return the verdicts; what has no actions here is for products with a settings page."""
    return {
        each.id: (each.as_built if as_built else "pass")
        if each.seen is catalogue.Seen.ANYWHERE and each.actions
        else "skipped"
        for each in CATALOGUE.values()
    }


def test_the_reference_passes_everything_that_can_be_seen(on_article: Any) -> None:
    assert on_article.verdicts == _expected(as_built=False)
    assert on_article.exit_code == 0


def test_the_published_server_departs_exactly_where_it_is_known_to(on_kaltura: Any) -> None:
    assert on_kaltura.verdicts == _expected(as_built=True)
    assert on_kaltura.exit_code == 1


def test_each_departure_is_traced_to_its_observation(on_kaltura: Any) -> None:
    for each in on_kaltura.report["requirements"]:
        if each["verdict"] in ("fail", "warning", "inconclusive"):
            assert each["known_departure"].startswith(f"{CATALOGUE[each['id']].observation}: ")


def test_the_policy_names_the_requirements_and_observations_of_the_catalogue() -> None:
    by_policy = {(name, number) for number, names in DEPARTURES.values() for name in names}
    by_catalogue = {
        (each.id, number)
        for each in CATALOGUE.values()
        for number in each.observation.split(", ")
        if each.as_built != "pass" and each.seen is catalogue.Seen.ANYWHERE
    }
    assert by_policy == by_catalogue


@pytest.mark.parametrize("field", DEPARTURES if WHOLE else SAMPLE)
def test_one_field_of_the_policy_is_noticed_by_its_requirements_alone(field: str, judge: Callable[..., Any]) -> None:
    ran = judge("OneDeparture", KMC_TEST_FIELD=field)
    # A longer lifetime is the lifetime of the link after a reset too; the published server mails none (I-02).
    besides = {"RST-019"} if field == "enrolment_link_ttl_s" else set()
    assert set(ran.departed) == {*DEPARTURES[field][1], *besides}
