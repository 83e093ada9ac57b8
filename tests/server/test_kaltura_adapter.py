"""What the adapter of Kaltura's API v3 asks for, seen from the other end of the wire."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from kmc_harness.port import EnableTwoFactor, LogIn, LogOut, Offer, RegisterUser, SetUserStatus, UserStatus
from kmc_harness.server.backend import Backend
from kmc_harness.server.site import make_app
from kmc_harness.targets import description
from kmc_harness.targets.kaltura import Kaltura
from kmc_model.clock import ManualClock
from tests.server.inside import TOKEN, Served

ADA, BO, PASSWORD = "ada.1@kmc.example", "bo.1@kmc.example", "s3cure-pass!"
SYSTEM = "systempartner_systempartner"
QUOTA_MET = (
    b"<xml><result><error><code>ADMIN_LOGIN_USERS_QUOTA_EXCEEDED</code><message>ten</message></error></result></xml>"
)


class Overheard:
    """An application, and the calls that came to it: service and action, and what was given."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.together = 1
        self._arrived = asyncio.Event()

    def of(self, name: str) -> list[dict[str, Any]]:
        """Return what was given to each call of one name."""
        return [given for each, given in self.calls if each == name]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, once as many calls have arrived as are to be `together`."""
        heard = await receive()
        words = scope["path"].split("/")
        self.calls.append((".".join(words[3::2]), json.loads(heard["body"] or b"{}")))
        self.together -= 1
        if self.together > 0:
            await asyncio.wait_for(self._arrived.wait(), 10)
        self._arrived.set()

        async def again() -> Any:
            return heard

        await self._app(scope, again, send)


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.close()


@pytest.fixture
def backend() -> Backend:
    return Backend(clock=ManualClock())


@pytest.fixture
def heard(served: Served, backend: Backend) -> Overheard:
    made = Overheard(make_app(backend, lab=False, token=TOKEN))
    served.app = made
    return made


def _founded(served: Served, **settings: str) -> Kaltura:
    adapter = Kaltura(served.url, secret=TOKEN, **settings)
    assert adapter.perform(RegisterUser("Acme-1", ADA, PASSWORD)).accepted
    assert adapter.perform(RegisterUser("Acme-1", BO, PASSWORD)).accepted
    return adapter


@pytest.mark.parametrize(("cache", "asks_past_it"), [("false", True), ("true", False)])
def test_each_call_asks_past_the_response_cache_unless_it_is_to_be_judged(
    cache: str, asks_past_it: bool, served: Served, heard: Overheard
) -> None:
    adapter = _founded(served, cache=cache)
    adapter.perform(EnableTwoFactor("Acme-1"))
    adapter.perform(LogIn(ADA, PASSWORD, account="Acme-1"))
    assert {"nocache" in given for _, given in heard.calls} == {asks_past_it}


def test_a_setting_may_be_a_yes_or_no(tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text(
        'name = "x"\n[adapter]\npython = "a:B"\nsettings = { cache = true, url = "{url}" }\n'
    )
    _, described = description.read(tmp_path)
    assert described.adapter.said({"url": "http://here"}) == {"cache": "true", "url": "http://here"}


def test_what_is_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(ValueError, match="cache: write true or false, not 'maybe'"):
        Kaltura("http://127.0.0.1:1", cache="maybe")


def test_everybody_has_a_first_and_a_last_name(served: Served, heard: Overheard) -> None:
    _founded(served)
    (partner,) = heard.of("partner.register")
    (user,) = heard.of("user.add")
    assert partner["partner"]["adminName"] == "Ada Tester"
    assert (user["user"]["firstName"], user["user"]["lastName"]) == ("Bo", "Tester")


@pytest.mark.parametrize(("password", "silent"), [(PASSWORD, "True"), (None, None)])
def test_a_founder_is_mailed_a_link_only_where_a_password_is_to_be_set(
    password: str | None, silent: str | None, served: Served, heard: Overheard
) -> None:
    Kaltura(served.url, secret=TOKEN).perform(RegisterUser("Acme-1", ADA, password))
    (partner,) = heard.of("partner.register")
    assert partner.get("silent") == silent


def test_a_quota_that_is_met_is_raised(served: Served, backend: Backend) -> None:
    inner = make_app(backend, lab=False, token=TOKEN)
    heard: Overheard

    async def ten_at_most(scope: Scope, receive: Receive, send: Send) -> None:
        raised = any("limits" in given["configuration"] for given in heard.of(f"{SYSTEM}.updateConfiguration"))
        if heard.calls[-1][0] != "user.add" or raised:
            await inner(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/xml")]})
        await send({"type": "http.response.body", "body": QUOTA_MET})

    heard = Overheard(ten_at_most)
    served.app = heard
    _founded(served)
    (asked,) = heard.of(f"{SYSTEM}.updateConfiguration")
    (limit,) = asked["configuration"]["limits"]
    assert (limit["objectType"], limit["type"]) == ("KalturaSystemPartnerOveragedLimit", "ADMIN_LOGIN_USERS")
    assert limit["max"] >= 100
    assert asked["configuration"]["partnerName"] == "Acme-1"


def test_two_at_the_same_moment_have_a_client_each(served: Served, heard: Overheard) -> None:
    adapter = _founded(served)
    assert Offer.RACE in adapter.offers
    heard.together = 2
    seen = adapter.at_once([LogIn(email, PASSWORD, account="Acme-1") for email in (ADA, BO)])
    assert [each.accepted for each in seen] == [True, True]
    assert len({each.session for each in seen}) == 2


def test_a_session_that_has_ended_is_logged_out_again(served: Served, heard: Overheard) -> None:
    adapter = _founded(served)
    session = adapter.perform(LogIn(ADA, PASSWORD, account="Acme-1")).session or ""
    assert [adapter.perform(LogOut(session)).accepted for _ in range(2)] == [True, True]


def test_the_vendors_sessions_are_kept_until_they_are_over(served: Served, heard: Overheard, backend: Backend) -> None:
    adapter = _founded(served)
    for status in (UserStatus.BLOCKED, UserStatus.ACTIVE):
        adapter.perform(SetUserStatus("Acme-1", BO, status))
    assert len(heard.of("session.start")) == 1
    assert len(heard.of(f"{SYSTEM}.getAdminSession")) == 1
    backend.advance(3 * 86_400)
    assert adapter.perform(SetUserStatus("Acme-1", BO, UserStatus.BLOCKED)).accepted
    assert len(heard.of("session.start")) == 2
