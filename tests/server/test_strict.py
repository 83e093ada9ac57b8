"""What callers of API v3 meet at the published server, and that the adapter gets on with it."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from kmc_harness.phone.authenticator import Authenticator
from kmc_harness.port import (
    AccountStatus,
    EnableTwoFactor,
    LinkKind,
    LogIn,
    OpenEnrolmentLink,
    RegisterUser,
    RequestReset,
    SetAccountStatus,
    SetPassword,
    SetUserStatus,
    UserStatus,
)
from kmc_harness.server.backend import Backend
from kmc_harness.server.site import make_app
from kmc_harness.targets.kaltura import Kaltura
from kmc_model.clock import ManualClock
from kmc_model.model import Variant
from kmc_model.policy import KALTURA_SERVER
from tests.server.inside import TOKEN, Answer, Asked, Served

ADA, BO, PASSWORD = "ada.1@kmc.example", "bo.1@kmc.example", "s3cure-pass!"
SYSTEM = "systempartner_systempartner"


class Site(Asked):
    """The published server; Ada owns Acme."""

    def __init__(self) -> None:
        self.backend = Backend(Variant(KALTURA_SERVER), 0, ManualClock())
        super().__init__(make_app(self.backend, lab=False, token=TOKEN, strict=True))
        self.vendor = self.call("session", "start", secret=TOKEN, partnerId=-2)
        assert self.found("Acme", ADA)["id"] == 101
        self.owner = self.call(SYSTEM, "getAdminSession", ks=self.vendor, pId=101)

    def raw(self, service: str, action: str, **parameters: Any) -> Answer:
        body = json.dumps(parameters | {"format": 1}).encode()
        headers = {"Content-Type": "application/json"}
        return self.ask("POST", f"/api_v3/service/{service}/action/{action}", body, headers)

    def call(self, service: str, action: str, **parameters: Any) -> Any:
        return json.loads(self.raw(service, action, **parameters).body)

    def code_of(self, service: str, action: str, **parameters: Any) -> str | None:
        said = self.call(service, action, **parameters)
        return said.get("code") if isinstance(said, dict) else None

    def found(self, name: str, email: str, password: str = PASSWORD, **more: Any) -> Any:
        partner = {"name": name, "adminName": "Ada Lovelace", "adminEmail": email, "description": "x"}
        return self.call("partner", "register", ks=self.vendor, partner=partner, cmsPassword=password, **more)

    def add(self, email: str, **more: Any) -> str | None:
        user = {"id": email, "email": email, "isAdmin": "1", "password": PASSWORD, **more}
        return self.code_of("user", "add", ks=self.owner, user=user)

    def enable(self, on: bool = True) -> None:
        configuration = {"useTwoFactorAuthentication": on}
        self.call(SYSTEM, "updateConfiguration", ks=self.vendor, pId=101, configuration=configuration)

    def key(self, kind: LinkKind, email: str = ADA) -> str:
        links = [link.url for mail in self.backend.outbox(email) for link in mail.links if link.kind is kind]
        return links[-1].rpartition("/")[2]


@pytest.fixture
def site() -> Site:
    return Site()


BAD = {
    "seven": "n3w-pa!",
    "fifteen": "n3w-passwords!!",
    "a blank": "n3w pass!",
    "a sign that is not listed": "n3w-pass!_",
    "no lower case": "N3W-PASS!",
    "no digit": "new-pass!",
    "no sign": "n3wpassw0rd",
    "the last name": "n3w!LoveLace1",
    "the first name": "n3w!ada12345",
}


@pytest.mark.parametrize("password", BAD.values(), ids=BAD)
def test_a_password_is_refused_as_the_published_server_refuses_it(password: str, site: Site) -> None:
    site.call("user", "resetPassword", email=ADA)
    asked = {"hashKey": site.key(LinkKind.RESET), "newPassword": password}
    assert site.code_of("adminUser", "setInitialPassword", **asked) == "PASSWORD_STRUCTURE_INVALID"
    changed = {"oldLoginId": ADA, "password": PASSWORD, "newPassword": password}
    assert site.code_of("user", "updateLoginData", **changed) == "PASSWORD_STRUCTURE_INVALID"
    assert site.code_of("adminUser", "setInitialPassword", **asked | {"newPassword": "n3w-pass!"}) is None


def test_the_whole_name_is_in_no_password_however_short(site: Site) -> None:
    site.add(BO, firstName="Bo", lastName="")
    site.call("user", "resetPassword", email=BO)
    asked = {"hashKey": site.key(LinkKind.RESET, BO), "newPassword": "n3w!bo12345"}
    assert site.call("adminUser", "setInitialPassword", **asked)["args"] == {
        "RULES": "Can't contain your name or email"
    }


def test_whoever_has_no_name_gets_no_mail(site: Site) -> None:
    for email, names in ((BO, {}), ("cy.1@kmc.example", {"firstName": "Cy", "lastName": "T"})):
        assert site.add(email, **names) is None
        site.call("user", "resetPassword", email=email)
    site.enable()
    assert [len(site.backend.outbox(each)) for each in (BO, "cy.1@kmc.example")] == [0, 2]


def test_an_account_has_ten_administrators_unless_its_limits_say_more(site: Site) -> None:
    codes = [site.add(f"person{number}@kmc.example") for number in range(10)]
    assert codes == [None] * 9 + ["ADMIN_LOGIN_USERS_QUOTA_EXCEEDED"]
    for kind, allowed in (("KalturaSystemPartnerLimit", 10), ("KalturaSystemPartnerOveragedLimit", 11)):
        limits = [{"objectType": kind, "type": "ADMIN_LOGIN_USERS", "max": 11}]
        site.call(SYSTEM, "updateConfiguration", ks=site.vendor, pId=101, configuration={"limits": limits})
        codes = [site.add(f"{kind}{number}@kmc.example") for number in range(2)]
        assert codes.count(None) == allowed - 10


@pytest.mark.parametrize(("more", "mails"), [({}, 1), ({"silent": "True"}, 0)])
def test_a_founder_is_mailed_a_link_unless_silently_registered(more: Any, mails: int, site: Site) -> None:
    site.found("Globex", BO, **more)
    assert len(site.backend.outbox(BO)) == mails


def test_a_burnt_link_shows_its_qr_code_again_for_ten_minutes_to_whoever_takes_the_cache(site: Site) -> None:
    site.enable()
    key = site.key(LinkKind.ENROLMENT)
    shown = site.call("user", "generateQrCode", hashKey=key)
    assert Authenticator.scan(base64.b64decode(shown), None)
    assert site.code_of("user", "generateQrCode", hashKey=key, nocache=1) == "INVALID_HASH"
    site.backend.advance(599)
    assert site.call("user", "generateQrCode", hashKey=key) == shown
    site.backend.advance(1)
    assert site.code_of("user", "generateQrCode", hashKey=key) == "INVALID_HASH"


def test_an_error_is_kept_for_two_minutes_where_it_comes_before_the_action(site: Site) -> None:
    login = {"loginId": ADA, "password": PASSWORD, "partnerId": 101}
    for status, code in ((3, "USER_WRONG_PASSWORD"), (1, "USER_WRONG_PASSWORD")):
        site.call(SYSTEM, "updateStatus", ks=site.vendor, id=101, status=status)
        assert site.code_of("user", "loginByLoginId", **login) == code
    assert site.code_of("user", "loginByLoginId", **login, nocache=1) is None
    site.backend.advance(120)
    assert site.code_of("user", "loginByLoginId", **login) is None


@pytest.mark.parametrize("email", [ADA, "nobody@kmc.example"])
def test_the_eleventh_request_is_an_error_and_the_window_is_that_of_the_first(email: str, site: Site) -> None:
    asked: dict[str, Any] = {"email": email}
    assert site.code_of("adminUser", "resetPassword", **asked) is None
    site.backend.advance(599)
    codes = [site.code_of("adminUser", "resetPassword", **asked) for _ in range(10)]
    assert codes == [None] * 9 + ["RESOURCE_IS_RESERVED"]
    crashed = site.raw("user", "resetPassword", **asked)
    assert (crashed.status, crashed.body) == (500, b"")
    site.backend.advance(1)
    assert [site.code_of("adminUser", "resetPassword", **asked) for _ in range(10)] == [None] * 10


def test_a_key_without_its_padding_is_good(site: Site) -> None:
    for number in range(3):
        site.call("user", "resetPassword", email=ADA)
        key = site.key(LinkKind.RESET)
        asked = {"hashKey": key.rstrip("="), "newPassword": f"n3w-pass!{number}"}
        assert site.code_of("adminUser", "setInitialPassword", **asked) is None


def test_a_ks_that_is_no_good_says_why(site: Site) -> None:
    ks = site.call("user", "loginByLoginId", loginId=ADA, password=PASSWORD, partnerId=101)
    other = site.call("user", "loginByLoginId", loginId=ADA, password=PASSWORD, partnerId=101)
    site.call("session", "end", ks=ks)
    site.backend.advance(1)
    assert site.call("session", "get", ks=ks)["message"] == 'Invalid KS "LOGOUT", Error "-1,INVALID_STR"'
    assert site.code_of("session", "end", ks=ks) == "INVALID_KS"
    assert site.code_of("session", "get", ks=other) is None
    site.backend.advance(24 * 3600)
    assert site.call("session", "get", ks=other)["message"].startswith('Invalid KS "EXPIRED"')


def test_a_reset_breaks_off_for_somebody_removed_from_the_account_used_last(site: Site) -> None:
    site.add(BO, firstName="Bo", lastName="T")
    site.enable()
    site.found("Globex", "cy@kmc.example")
    in_globex = site.call(SYSTEM, "getAdminSession", ks=site.vendor, pId=102)
    user = {"id": BO, "email": BO, "isAdmin": "1", "firstName": "Bo", "lastName": "T"}
    site.call("user", "add", ks=in_globex, user=user)
    site.call("user", "delete", ks=in_globex, userId=BO)
    site.call("user", "resetPassword", email=BO)
    asked = {"hashKey": site.key(LinkKind.RESET, BO), "newPassword": "n3w-pass!"}
    said = site.call("adminUser", "setInitialPassword", **asked)
    assert (said["code"], said["message"]) == ("INVALID_USER_ID", "Invalid user id")
    login = {"loginId": BO, "password": "n3w-pass!", "partnerId": 101}
    assert site.code_of("user", "loginByLoginId", **login) == "MISSING_OTP"


# The adapter


@pytest.fixture
def strict() -> Iterator[tuple[Kaltura, Backend]]:
    served, backend = Served(), Backend(Variant(KALTURA_SERVER), 0, ManualClock())
    served.app = make_app(backend, lab=False, token=TOKEN, strict=True)
    yield Kaltura(served.url, secret=TOKEN), backend
    served.close()


def _links(backend: Backend, email: str) -> list[str]:
    return [link.url for mail in backend.outbox(email) for link in mail.links]


def test_the_adapter_gets_on_with_the_published_server(strict: tuple[Kaltura, Backend]) -> None:
    adapter, backend = strict
    people = [f"person{number}.1@kmc.example" for number in range(12)]
    for each in people:
        assert adapter.perform(RegisterUser("Acme-1", each, PASSWORD)).accepted
    assert backend.mails() == ()
    assert adapter.perform(EnableTwoFactor("Acme-1")).accepted
    assert [len(_links(backend, each)) for each in people] == [1] * 12
    (link,) = _links(backend, people[1])
    assert [adapter.perform(OpenEnrolmentLink(link)).accepted for _ in range(2)] == [True, False]
    adapter.perform(RequestReset(people[2]))
    assert adapter.perform(SetPassword(_links(backend, people[2])[-1], "n3w-pass!")).accepted
    for status in (AccountStatus.BLOCKED, AccountStatus.ACTIVE):
        adapter.perform(SetAccountStatus("Acme-1", status))
        asks = adapter.perform(LogIn(people[3], PASSWORD, None, "Acme-1")).asks_for_code
        assert asks is (status is AccountStatus.ACTIVE)
    adapter.perform(SetUserStatus("Acme-1", people[4], UserStatus.REMOVED))
    assert adapter.perform(SetUserStatus("Acme-1", people[4], UserStatus.ACTIVE)).accepted


@pytest.mark.parametrize("kind", [LinkKind.ENROLMENT, LinkKind.RESET])
def test_two_at_the_same_moment_share_a_link(kind: LinkKind, strict: tuple[Kaltura, Backend]) -> None:
    adapter, backend = strict
    adapter.perform(RegisterUser("Acme-1", ADA, PASSWORD))
    both = []
    for number in range(4):
        adapter.perform(RequestReset(ADA))
        link = _links(backend, ADA)[-1]
        use = OpenEnrolmentLink(link) if kind is LinkKind.ENROLMENT else SetPassword(link, f"n3w-pass!{number}")
        if kind is LinkKind.ENROLMENT and not number:
            adapter.perform(EnableTwoFactor("Acme-1"))
            use = OpenEnrolmentLink(_links(backend, ADA)[-1])
        both.append(sum(each.accepted for each in adapter.at_once([use, use])))
    assert 2 in both
