"""API v3 as the facts give it: parameters, answers, errors and what hides them."""

import base64
import io
import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from PIL import Image

from kmc_harness.phone.authenticator import Authenticator
from kmc_harness.port import LinkKind
from kmc_harness.server.backend import Backend
from kmc_harness.server.site import make_app
from kmc_model.actions import AccountStatus, EnableTwoFactor, RegisterUser, SetAccountStatus, SetUserStatus, UserStatus
from kmc_model.clock import ManualClock
from kmc_model.model import Variant
from kmc_model.policy import ARTICLE, KALTURA_SERVER, Policy
from tests.server.inside import TOKEN, Answer, Asked

ADA, BO, PASSWORD = "ada@acme.example", "bo@acme.example", "s3cure-pass!"
ACME, GLOBEX = 101, 102


class Site(Asked):
    """Ada is in Acme and in Globex, where two-factor authentication is on; Bo is in Acme."""

    def __init__(self, policy: Policy = KALTURA_SERVER) -> None:
        self.backend = Backend(Variant(policy), 0, ManualClock())
        super().__init__(make_app(self.backend, lab=True, token=TOKEN))
        for account, email in (("Acme", ADA), ("Acme", BO), ("Globex", ADA)):
            self.backend.perform(RegisterUser(account, email, PASSWORD))
        self.backend.perform(EnableTwoFactor("Globex"))

    def call(self, service: str, action: str, **parameters: Any) -> Any:
        """Call with a JSON body, and return what stands in the JSON answer."""
        body = json.dumps(parameters | {"format": 1}).encode()
        headers = {"Content-Type": "application/json"}
        return json.loads(self.ask("POST", f"/api_v3/service/{service}/action/{action}", body, headers).body)

    def code_of(self, service: str, action: str, **parameters: Any) -> str | None:
        said = self.call(service, action, **parameters)
        return said.get("code") if isinstance(said, dict) else None

    def link(self, kind: LinkKind, email: str = ADA) -> str:
        """Return the hash key of the newest link of `kind`."""
        links = [link.url for mail in self.backend.outbox(email) for link in mail.links if link.kind is kind]
        return links[-1].rpartition("/")[2]

    def paired(self) -> Authenticator:
        picture = self.call("user", "generateQrCode", hashKey=self.link(LinkKind.ENROLMENT))
        return Authenticator.scan(base64.b64decode(picture), None)

    def log_in(self, partner: int = ACME, **more: Any) -> Any:
        return self.call("user", "loginByLoginId", loginId=ADA, password=PASSWORD, partnerId=partner, **more)


@pytest.fixture
def site() -> Site:
    return Site()


LOGIN = {"loginId": ADA, "password": PASSWORD, "partnerId": str(ACME)}
KS = re.compile(r'[A-Za-z0-9_=-]{80,}')  # fmt: skip


@pytest.mark.parametrize("style", ["path", "index", "query", "form", "json", "multipart", "any case"])
def test_parameters_are_taken_from_wherever_they_stand(style: str, site: Site) -> None:
    path, query, body, headers = "/api_v3/service/user/action/loginByLoginId", LOGIN, b"", {}
    match style:
        case "path":
            pairs = "/".join(f"{name}/{value}" for name, value in LOGIN.items())
            path, query = f"{path}/{pairs}", {}
        case "index":
            path = "/api_v3/index.php/service/user/action/loginByLoginId"
        case "query":
            path, query = "/api_v3/index.php", LOGIN | {"service": "user", "action": "loginByLoginId"}
        case "form":
            query, body = {}, urlencode(LOGIN).encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
        case "json":
            query, body, headers = {}, json.dumps(LOGIN).encode(), {"Content-Type": "application/json"}
        case "multipart":
            text = f'--x\r\nContent-Disposition: form-data; name="json"\r\n\r\n{json.dumps(LOGIN)}\r\n--x--\r\n'
            query, body, headers = {}, text.encode(), {"Content-Type": "multipart/form-data; boundary=x"}
        case "any case":
            path = "/api_v3/service/USER/action/LoginByLoginID"
    said = site.ask("POST" if body else "GET", path, body, headers, urlencode(query | {"format": "1"}).encode())
    assert (said.status, said.headers["content-type"], said.headers["cache-control"]) == (
        200, "application/json", "no-store"
    )  # fmt: skip
    assert KS.fullmatch(json.loads(said.body))


def test_the_query_counts_more_than_the_body(site: Site) -> None:
    query = urlencode({"format": 1, "password": "wrong"}).encode()
    headers = {"Content-Type": "application/json"}
    said = site.ask("POST", "/api_v3/service/user/action/loginByLoginId", json.dumps(LOGIN).encode(), headers, query)
    assert json.loads(said.body)["code"] == "USER_WRONG_PASSWORD"


def _xml(site: Site, action: str, **parameters: Any) -> Answer:
    query = urlencode(parameters).encode()
    return site.ask("GET", f"/api_v3/service/user/action/{action}", query=query)


def test_xml_is_what_comes_unasked(site: Site) -> None:
    said = _xml(site, "loginByLoginId", **LOGIN)
    assert said.headers["content-type"].startswith("text/xml")
    assert re.fullmatch(
        r'<\?xml version="1.0" encoding="utf-8"\?><xml><result>[\w=-]+</result>'
        r"<executionTime>[\d.]+</executionTime></xml>",
        said.text,
    )


def test_an_error_in_json_is_as_kaltura_encodes_it(site: Site) -> None:
    body = urlencode(LOGIN | {"partnerId": GLOBEX, "format": 1}).encode()
    said = site.ask("POST", "/api_v3/service/user/action/loginByLoginId", body)
    assert said.text == (
        '{"code":"MISSING_OTP","message":"OTP is missing","objectType":"KalturaAPIException","args":[]}'
    )


def test_an_error_in_xml_has_its_arguments_without_tags(site: Site) -> None:
    said = _xml(site, "lo<b>ginOut")
    assert "<code>ACTION_DOES_NOT_EXISTS</code>" in said.text
    assert "<name>ACTION_NAME</name><value>loginOut</value>" in said.text
    assert 'Action "loginOut" does not exists for service "user"' in said.text


def test_a_login_tells_wrong_passwords_and_codes_and_nothing_else(site: Site) -> None:
    site.backend.perform(RegisterUser("Blocked", BO, None))
    site.backend.perform(SetAccountStatus("Blocked", AccountStatus.BLOCKED))
    site.backend.perform(SetUserStatus("Globex", ADA, UserStatus.BLOCKED))

    def wire(**changes: Any) -> Any:
        return site.code_of("user", "loginByLoginId", **(LOGIN | changes))

    assert wire(partnerId=GLOBEX) == "USER_WRONG_PASSWORD"
    hidden = [{"loginId": "x"}, {"partnerId": 7}, {"partnerId": "x"}, {"loginId": BO, "partnerId": 103}, {"ks": "x"}]
    for changes in hidden:
        assert wire(**changes) == "USER_WRONG_PASSWORD", changes
    assert site.code_of("user", "loginByLoginId", loginId=ADA) == "USER_WRONG_PASSWORD"


def test_other_logins_tell_what_the_server_thinks(site: Site) -> None:
    def raw(partner: int, user: str = ADA, password: str = PASSWORD) -> Any:
        return site.code_of("user", "login", partnerId=partner, userId=user, password=password)

    assert raw(7) == "SERVICE_FORBIDDEN_CONTENT_BLOCKED"
    assert raw(ACME, "x") == "USER_NOT_FOUND"
    assert raw(GLOBEX, BO) == "USER_NOT_FOUND"
    assert raw(ACME, password="x") == "USER_WRONG_PASSWORD"
    assert raw(GLOBEX) == "MISSING_OTP"
    assert raw(ACME) is None
    assert site.code_of("adminUser", "login", email=ADA) == "MISSING_MANDATORY_PARAMETER"


def test_a_lock_shows_where_errors_are_not_hidden() -> None:
    site = Site(ARTICLE)
    codes = [site.code_of("user", "login", partnerId=ACME, userId=ADA, password="x") for _ in range(11)]
    assert codes == ["USER_WRONG_PASSWORD"] * 9 + ["LOGIN_RETRIES_EXCEEDED", "LOGIN_BLOCKED"]
    assert site.code_of("user", "loginByLoginId", **LOGIN) == "USER_WRONG_PASSWORD"


def test_a_code_logs_in_and_none_or_zero_is_missing(site: Site) -> None:
    app = site.paired()
    codes = {otp: site.log_in(GLOBEX, otp=otp) for otp in ("", "0", "1", app.code_at(site.backend.now()))}
    assert [each["code"] if isinstance(each, dict) else "" for each in codes.values()] == [
        "MISSING_OTP", "MISSING_OTP", "INVALID_OTP", ""
    ]  # fmt: skip


def test_a_qr_code_is_shown_once_and_every_other_key_is_one_error(site: Site) -> None:
    key = site.link(LinkKind.ENROLMENT)
    picture = base64.b64decode(site.call("user", "generateQrCode", hashKey=key))
    assert Authenticator.scan(picture, None).secret
    for bad in (key, "x", ""):
        assert site.code_of("user", "generateQrCode", hashKey=bad) == "INVALID_HASH"


def test_a_key_tells_how_long_its_own_kind_of_link_is_good(site: Site) -> None:
    site.call("user", "resetPassword", email=BO)
    keys = site.link(LinkKind.ENROLMENT), site.link(LinkKind.RESET, BO)
    expires_at = [int(base64.urlsafe_b64decode(each).split(b"|")[1]) for each in keys]
    assert [at - site.backend.now() for at in expires_at] == [72 * 3600, 24 * 3600]


def test_a_dot_stands_for_an_equals_sign_in_a_key(site: Site) -> None:
    site.call("user", "resetPassword", email=BO)
    key = site.link(LinkKind.RESET, BO)
    for written in (key.replace("=", "."), key.rstrip("=")):
        said = site.call("user", "validateHashKey", hashKey=written)
        assert said == {"objectType": "KalturaAuthentication"}


def test_a_new_password_brings_the_new_qr_code_in_the_answer(site: Site) -> None:
    old = site.paired()
    assert site.call("user", "resetPassword", email=ADA) is None
    assert site.call("user", "resetPassword", email="nobody@acme.example") is None
    key = site.link(LinkKind.RESET)
    assert site.code_of("user", "setInitialPassword", hashKey=key, newPassword="weak") == "PASSWORD_STRUCTURE_INVALID"
    said = site.call("adminUser", "setInitialPassword", hashKey=key, newPassword="n3w-pass!")
    assert said["objectType"] == "KalturaAuthentication"
    assert Authenticator.scan(base64.b64decode(said["qrCode"]), None).secret != old.secret
    again = {"hashKey": key, "newPassword": "n3w-pass!"}
    assert site.code_of("user", "setInitialPassword", **again) == "NEW_PASSWORD_HASH_KEY_INVALID"


def test_a_new_password_of_somebody_without_second_factor_brings_none(site: Site) -> None:
    site.call("user", "resetPassword", email=BO)
    said = site.call("user", "setInitialPassword", hashKey=site.link(LinkKind.RESET, BO), newPassword="n3w-pass!")
    assert said == {"objectType": "KalturaAuthentication"}


def test_where_the_qr_code_is_mailed_too_the_answer_brings_it_and_ok_counts_where_it_is_told() -> None:
    site = Site(ARTICLE)
    site.call("user", "resetPassword", email=ADA)
    key = site.link(LinkKind.RESET)
    said = site.call("adminUser", "setInitialPassword", hashKey=key, newPassword="n3w-pass!")
    brought = Authenticator.scan(base64.b64decode(said["qrCode"]), None)
    asked = Authenticator.scan(base64.b64decode(site.call("user", "generateQrCode", hashKey=key)), None)
    assert brought.secret == asked.secret
    assert site.code_of("user", "generateQrCode", hashKey=site.link(LinkKind.ENROLMENT)) == "INVALID_HASH"
    assert site.code_of("user", "generateQrCode", hashKey=key) == "ERROR_IN_QR_GENERATION"


def test_a_qr_code_that_the_answer_brought_is_good_though_nobody_told_of_ok() -> None:
    site = Site(ARTICLE)
    site.call("user", "resetPassword", email=ADA)
    reset = {"hashKey": site.link(LinkKind.RESET), "newPassword": "n3w-pass!"}
    app = Authenticator.scan(base64.b64decode(site.call("user", "setInitialPassword", **reset)["qrCode"]), None)
    login = {"loginId": ADA, "password": "n3w-pass!", "partnerId": GLOBEX, "otp": app.code_at(site.backend.now())}
    assert KS.fullmatch(site.call("user", "loginByLoginId", **login))


@pytest.mark.parametrize("policy", [ARTICLE, KALTURA_SERVER], ids=lambda policy: policy.name)
@pytest.mark.parametrize("name", ["a", "a" * 60])
def test_a_picture_has_the_size_that_the_kmc_draws(policy: Policy, name: str) -> None:
    """One of another size is tiled there, or cut off."""
    site, email = Site(policy), f"{name}@acme.example"
    site.backend.perform(RegisterUser("Globex", email, PASSWORD))
    site.call("user", "resetPassword", email=email)
    reset = {"hashKey": site.link(LinkKind.RESET, email), "newPassword": "n3w-pass!"}
    for text in (
        site.call("user", "generateQrCode", hashKey=site.link(LinkKind.ENROLMENT)),
        site.call("user", "setInitialPassword", **reset)["qrCode"],
    ):
        picture = base64.b64decode(text)
        assert Image.open(io.BytesIO(picture)).size == (150, 150)
        assert Authenticator.scan(picture, None).secret


def test_what_is_wrong_with_a_reset_key_is_told(site: Site) -> None:
    site.call("user", "resetPassword", email=ADA)
    key = site.link(LinkKind.RESET)
    forged = base64.urlsafe_b64encode(b"1|1999999999|" + b"0" * 40).decode()
    site.backend.advance(24 * 3600 + 1)
    expected = {
        key: "NEW_PASSWORD_HASH_KEY_EXPIRED",
        forged: "NEW_PASSWORD_HASH_KEY_INVALID",
        "x": "LOGIN_DATA_NOT_FOUND",
    }
    for each, code in expected.items():
        assert site.code_of("user", "validateHashKey", hashKey=each) == code
        assert site.code_of("user", "setInitialPassword", hashKey=each, newPassword="n3w-pass!") == code


def test_switching_gives_a_new_ks_and_the_old_one_is_for_ending_it(site: Site) -> None:
    app = site.paired()
    ks = site.log_in(GLOBEX, otp=app.code_at(site.backend.now()))
    assert site.call("user", "loginByKs", ks=ks, requestedPartnerId=GLOBEX)["ks"] == ks
    moved = site.call("user", "loginByKs", ks=ks, requestedPartnerId=ACME)
    assert (moved["objectType"], moved["userId"], moved["partnerId"]) == ("KalturaSessionResponse", ADA, ACME)
    assert site.code_of("session", "get", ks=ks) == "INVALID_KS"
    assert site.call("session", "end", ks=ks) is None
    assert site.call("session", "get", ks=moved["ks"])["partnerId"] == ACME
    assert site.code_of("user", "loginByKs", ks=moved["ks"], requestedPartnerId=GLOBEX) == "NEW_LOGIN_REQUIRED"
    assert site.code_of("user", "loginByKs", ks=moved["ks"], requestedPartnerId=7) == "INTERNAL_SERVER_ERROR"


def test_a_ks_tells_what_it_is_and_ends(site: Site) -> None:
    ks = site.log_in(expiry=600, privileges="disableentitlement,appid:kmc")
    said = site.call("session", "get", session=ks)
    assert said | {"ks": ""} == {
        "objectType": "KalturaSessionInfo", "ks": "", "sessionType": 2, "partnerId": ACME, "userId": ADA,
        "expiry": site.backend.now() + 600, "privileges": "disableentitlement,appid:kmc",
    }  # fmt: skip
    assert site.call("session", "end") is None
    assert site.call("session", "end", ks=ks) is None
    assert site.code_of("session", "get", ks=ks) == "INVALID_KS"


def test_a_ks_lasts_as_long_as_was_asked(site: Site) -> None:
    ks = site.log_in(expiry=600)
    site.backend.advance(600)
    assert site.code_of("session", "get", ks=ks) is None
    site.backend.advance(1)
    assert site.code_of("session", "get", ks=ks) == "INVALID_KS"


def test_an_own_account_is_listed_with_how_one_logs_in_there(site: Site) -> None:
    said = site.call("partner", "listPartnersForUser", ks=site.log_in())
    assert [(each["id"], each["authenticationType"]) for each in said["objects"]] == [(ACME, 0), (GLOBEX, 1)]
    assert said["totalCount"] == 2
    assert site.code_of("partner", "listPartnersForUser") == "MISSING_KS"


def test_a_password_is_changed_with_a_code_and_no_reason_is_told(site: Site) -> None:
    app = site.paired()
    change = {"oldLoginId": ADA, "password": PASSWORD, "newPassword": "n3w-pass!"}
    assert site.code_of("user", "updateLoginData", **change) == "USER_DATA_ERROR"
    assert site.code_of("user", "updateLoginData", **change | {"oldLoginId": "x"}) == "USER_DATA_ERROR"
    code = app.code_at(site.backend.now())
    assert site.code_of("user", "updateLoginData", **change | {"newPassword": "weak"}, otp=code) == (
        "PASSWORD_STRUCTURE_INVALID"
    )
    assert site.call("user", "updateLoginData", **change, otp=code) is None
    assert site.code_of("user", "login", partnerId=ACME, userId=ADA, password=PASSWORD) == "USER_WRONG_PASSWORD"


def test_the_administrators_change_of_a_password_tells_the_reason(site: Site) -> None:
    change = {"email": ADA, "password": PASSWORD, "newPassword": "n3w-pass!"}
    assert site.code_of("adminUser", "updatePassword", **change) == "MISSING_OTP"
    assert site.code_of("adminUser", "updatePassword", **change, otp="1") == "INVALID_OTP"
    assert site.code_of("adminUser", "updatePassword", **change | {"password": "x"}) == "WRONG_OLD_PASSWORD"
    assert site.call("adminUser", "updatePassword", **change | {"email": BO}) == {
        "objectType": "KalturaAdminUser", "email": BO
    }  # fmt: skip


def test_the_vendor_alone_switches_two_factor_authentication(site: Site) -> None:
    system = "systempartner_systempartner"
    vendor = site.call("session", "start", secret=TOKEN, partnerId=-2, type=2)
    before = site.call(system, "getConfiguration", ks=vendor, pId=ACME)
    assert before["useTwoFactorAuthentication"] is False
    assert site.call(system, "updateConfiguration", ks=vendor, pId=ACME, configuration=before) is None
    on = {"useTwoFactorAuthentication": True}
    ks = site.log_in()
    assert site.code_of(system, "updateConfiguration", ks=ks, pId=ACME, configuration=on) == "SERVICE_FORBIDDEN"
    assert site.code_of(system, "getConfiguration", ks=ks, pId=ACME) == "SERVICE_FORBIDDEN"
    assert site.code_of(system, "updateConfiguration", pId=ACME, configuration=on) == "MISSING_KS"
    assert site.code_of("session", "start", secret="x", partnerId=-2) == "START_SESSION_ERROR"
    assert site.call(system, "updateConfiguration", ks=vendor, pId=ACME, configuration=before | on) is None
    assert site.call(system, "getConfiguration", ks=vendor, pId=ACME)["useTwoFactorAuthentication"] is True
    assert site.code_of(system, "getConfiguration", ks=vendor, pId=7) == "UNKNOWN_PARTNER_ID"
    mode = {"twoFactorAuthenticationMode": 1}
    assert site.code_of(system, "updateConfiguration", ks=vendor, pId=ACME, configuration=mode) == (
        "PROPERTY_VALIDATION_NOT_UPDATABLE"
    )
    site.call("session", "end", ks=vendor)
    assert site.code_of(system, "getConfiguration", ks=vendor, pId=ACME) == "INVALID_KS"


NEW = {"name": "Initech", "adminName": "Cy", "adminEmail": "cy@initech.example", "description": "of a test"}


def test_the_vendor_alone_founds_accounts_and_nobody_takes_anothers_credentials(site: Site) -> None:
    vendor = site.call("session", "start", secret=TOKEN, partnerId=-2, type=2)
    for ks, missing in ((None, "MISSING_KS"), (site.log_in(), "SERVICE_FORBIDDEN")):
        given = {"partner": NEW, "cmsPassword": PASSWORD} | ({"ks": ks} if ks else {})
        assert site.code_of("partner", "register", **given) == missing
    for change, code in (
        ({"name": "Acme"}, "PARTNER_REGISTRATION_ERROR"),
        ({"description": ""}, "PROPERTY_VALIDATION_CANNOT_BE_NULL"),
    ):
        assert site.code_of("partner", "register", ks=vendor, partner=NEW | change, cmsPassword=PASSWORD) == code
    for password in ("", "n0t-bo's-password"):
        known = {"ks": vendor, "partner": NEW | {"adminEmail": BO}, "cmsPassword": password}
        assert site.code_of("partner", "register", **known) == "PARTNER_REGISTRATION_ERROR"
    assert site.code_of("partner", "register", ks=vendor, partner=NEW, cmsPassword="short") == (
        "PASSWORD_STRUCTURE_INVALID"
    )
    made = site.call("partner", "register", ks=vendor, partner=NEW, cmsPassword=PASSWORD)
    assert (made["id"], made["name"]) == (103, "Initech")
    assert site.call("session", "start", secret=made["adminSecret"], partnerId=103, type=2)
    assert site.code_of("session", "start", secret=made["adminSecret"], partnerId=ACME) == "START_SESSION_ERROR"
    cy = {"loginId": "cy@initech.example", "password": PASSWORD}
    assert site.call("user", "loginByLoginId", partnerId=103, **cy)
    system = "systempartner_systempartner"
    for status, is_in in ((3, False), (1, True)):
        site.call(system, "updateStatus", ks=vendor, id=103, status=status, reason="")
        assert isinstance(site.call("user", "loginByLoginId", partnerId=103, **cy), str) is is_in
    assert site.code_of(system, "updateStatus", ks=site.log_in(), id=103, status=3) == "SERVICE_FORBIDDEN"
    assert site.code_of(system, "getAdminSession", ks=vendor, pId=7) == "UNKNOWN_PARTNER_ID"


def test_an_administrator_adds_blocks_and_removes_the_users_of_the_own_account(site: Site) -> None:
    vendor = site.call("session", "start", secret=TOKEN, partnerId=-2, type=2)
    ks = site.call("systempartner_systempartner", "getAdminSession", ks=vendor, pId=ACME)
    cy = {"id": "cy@acme.example", "email": "cy@acme.example", "isAdmin": True, "password": PASSWORD}
    assert site.code_of("user", "add", user=cy) == "MISSING_KS"
    assert site.code_of("user", "add", ks=vendor, user=cy) == "SERVICE_FORBIDDEN"
    assert site.code_of("user", "add", ks=ks, user=cy | {"id": "cy"}) == "INVALID_FIELD_VALUE"
    assert site.code_of("user", "add", ks=ks, user=cy | {"isAdmin": False, "password": ""}) == (
        "PROPERTY_VALIDATION_CANNOT_BE_NULL"
    )
    assert site.call("user", "add", ks=ks, user=cy)["status"] == 1
    assert site.code_of("user", "add", ks=ks, user=cy) == "DUPLICATE_USER_BY_ID"
    clerk = {"id": "di@acme.example", "email": "di@acme.example", "isAdmin": False, "password": PASSWORD}
    site.call("user", "add", ks=ks, user=clerk)
    of_a_clerk = site.call("user", "loginByLoginId", loginId="di@acme.example", password=PASSWORD, partnerId=ACME)
    assert site.code_of("user", "delete", ks=of_a_clerk, userId=BO) == "SERVICE_FORBIDDEN"

    def is_in() -> bool:
        login = {"loginId": "cy@acme.example", "password": PASSWORD, "partnerId": ACME}
        return isinstance(site.call("user", "loginByLoginId", **login), str)

    assert is_in()
    assert site.call("user", "update", ks=ks, userId="cy@acme.example", user={"status": 0})["status"] == 0
    assert not is_in()
    site.call("user", "update", ks=ks, userId="cy@acme.example", user={"status": 1})
    assert is_in()
    assert site.call("user", "delete", ks=ks, userId="cy@acme.example")["status"] == 2
    assert not is_in()
    for action, more in (("update", {"user": {"status": 1}}), ("delete", {})):
        assert site.code_of("user", action, ks=ks, userId="cy@acme.example", **more) == "INVALID_USER_ID"
        assert site.code_of("user", action, ks=ks, userId="nobody@acme.example", **more) == "INVALID_USER_ID"
    assert site.code_of("user", "update", ks=ks, userId=BO, user={"status": 7}) == "INVALID_FIELD_VALUE"
    for action, more in (("update", {"user": {"status": 0}}), ("delete", {})):
        assert site.code_of("user", action, ks=ks, userId=ADA, **more) == "CANNOT_DELETE_OR_BLOCK_ROOT_ADMIN_USER"
    site.call("session", "end", ks=ks)
    assert site.code_of("user", "delete", ks=ks, userId=BO) == "INVALID_KS"


@pytest.mark.parametrize("first", [0, 1])
def test_calls_on_end_refer_to_earlier_results_and_an_error_stops_none(first: int, site: Site) -> None:
    calls: dict[str, Any] = {
        str(first): LOGIN | {"service": "user", "action": "loginByLoginId"},
        str(first + 1): {"service": "session", "action": "get", "ks": "{1:result}"},
        str(first + 2): {"service": "user", "action": "nothing"},
        str(first + 3): {"service": "session", "action": "get", "session": "{2:result:ks}"},
        str(first + 4): {"service": "session", "action": "get", "session": "{3:result:nothing}"},
    }
    headers = {"Content-Type": "application/json"}
    said = site.ask("POST", "/api_v3/service/multirequest", json.dumps(calls | {"format": 1}).encode(), headers)
    ks, info, wrong, again, unresolved = json.loads(said.body)
    assert info["ks"] == ks == again["ks"]
    assert (wrong["code"], unresolved["code"]) == ("ACTION_DOES_NOT_EXISTS", "MISSING_MANDATORY_PARAMETER")


def test_calls_on_end_can_stand_in_a_form_and_share_what_is_common(site: Site) -> None:
    form = {"1:service": "session", "1:action": "get", "2:service": "session", "2:action": "end", "ks": site.log_in()}
    said = site.ask("POST", "/api_v3/service/multirequest", urlencode(form).encode())
    assert re.search(
        r"<result><item><objectType>KalturaSessionInfo</objectType>.*</item><item></item></result>", said.text
    )


def test_a_body_that_is_too_large_is_not_read(site: Site) -> None:
    assert site.ask("POST", "/api_v3", b"x" * (64 * 1024 + 1)).status == 413


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", "Basic " + TOKEN, "Bearer ÿ"])
def test_the_lab_is_closed_without_its_token(given: str, site: Site) -> None:
    for path in ("/lab/clock", "/lab/mails", "/lab/perform"):
        method = "POST" if path.endswith("perform") else "GET"
        assert site.ask(method, path, headers={"Authorization": given}).status == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clock", {"advance": -1}),
        ("clock", {"advance": "1"}),
        ("clock", {}),
        ("clock", []),
        ("perform", {"action": "LogIn", "fields": {}}),
        ("perform", {"action": "RegisterUser", "fields": {"account": "A"}}),
        ("perform", {"action": "RegisterUser", "fields": {"account": "A", "email": 7}}),
        ("perform", {"action": "EnableTwoFactor", "fields": {"account": "A", "session": "x"}}),
        ("perform", {"action": "SetAccountStatus", "fields": {"account": "A", "status": "x"}}),
    ],
)
def test_the_lab_says_what_makes_no_sense(path: str, body: Any, site: Site) -> None:
    said = site.ask("POST", f"/lab/{path}", json.dumps(body).encode(), {"Authorization": f"Bearer {TOKEN}"})
    assert said.status == 400
    assert json.loads(said.body)["error"]


def test_without_a_lab_there_is_none() -> None:
    site = Asked(make_app(Backend(), lab=False, token=TOKEN))
    assert site.ask("GET", "/lab/clock", headers={"Authorization": f"Bearer {TOKEN}"}).status == 404
    with pytest.raises(ValueError, match="needs a token"):
        make_app(Backend(), lab=True, token=None)


def _as_the_kmc_logs_in(site: Site, **login: Any) -> Any:
    """Send what kmc-ng sends as somebody logs in: one request of five calls, of which four use the answer of others."""
    own = {"ks": "{1:result}"}
    calls = {
        "1": {"service": "user", "action": "loginByLoginId", "loginId": ADA, "password": PASSWORD, **login},
        "2": own | {"service": "user", "action": "getByLoginId", "loginId": ADA},
        "3": own | {"service": "partner", "action": "getInfo", "partnerId": "{2:result:partnerId}"},
        "4": own | {"service": "userrole", "action": "get", "userRoleId": "{2:result:roleIds}"},
        "5": own
        | {"service": "permission", "action": "list", "filter": {"statusEqual": 1}, "pager": {"pageSize": 500}},
    }
    body = json.dumps(calls | {"format": 1}).encode()
    return json.loads(site.ask("POST", "/api_v3/service/multirequest", body, {"Content-Type": "application/json"}).body)


def test_the_kmc_learns_who_is_logged_in_and_where(site: Site) -> None:
    ks, user, partner, role, permissions = _as_the_kmc_logs_in(site, partnerId=ACME, otp="")
    assert (user["id"], user["partnerId"], user["isAccountOwner"]) == (ADA, ACME, True)
    assert (partner["id"], partner["name"], partner["authenticationType"]) == (ACME, "Acme", 0)
    assert role["permissionNames"] == "KMC_ACCESS"
    assert [each["name"] for each in permissions["objects"]] == ["KMC_ACCESS"]
    # Loaded anew, with what it has kept.
    assert site.call("user", "get", ks=ks)["id"] == ADA


def test_a_login_that_is_refused_tells_the_kmc_nothing_else(site: Site) -> None:
    refused = _as_the_kmc_logs_in(site, partnerId=GLOBEX, otp="")
    assert refused[0]["code"] == "MISSING_OTP"
    assert {each["objectType"] for each in refused} == {"KalturaAPIException"}


def test_nobody_is_told_about_without_a_session_or_from_another_account(site: Site) -> None:
    ks = site.log_in()
    for service, action in (("user", "get"), ("partner", "getInfo"), ("permission", "list")):
        assert site.code_of(service, action) == "MISSING_KS"
    assert site.code_of("user", "getByLoginId", ks=ks, loginId="nobody@acme.example") == "INVALID_USER_ID"
    site.backend.perform(RegisterUser("Globex", "cy@globex.example", PASSWORD))
    assert site.code_of("user", "getByLoginId", ks=ks, loginId="cy@globex.example") == "INVALID_USER_ID"


def test_the_kmc_asks_about_a_reset_link_and_uses_nothing_up(site: Site) -> None:
    site.call("user", "resetPassword", email=ADA)
    key = site.link(LinkKind.RESET)
    page = "/index.php/kmcng/resetpassword/setpasshashkey"
    assert json.loads(site.ask("GET", f"{page}/{key}").body) == {"errorCode": None}
    assert site.code_of("adminUser", "setInitialPassword", hashKey=key, newPassword="n3w-pass!") is None
    assert json.loads(site.ask("GET", f"{page}/{key}").body) == {"errorCode": "NEW_PASSWORD_HASH_KEY_INVALID"}
    assert json.loads(site.ask("GET", f"{page}/x").body) == {"errorCode": "LOGIN_DATA_NOT_FOUND"}
