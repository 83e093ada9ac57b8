"""The wrong models that a walk has in mind, family by family."""

import pytest

from kmc_model import actions as a
from kmc_model.analysis.configurations import EVERYTHING, Rules, email_of
from kmc_model.analysis.configurations.phrases import PASSWORDS
from kmc_model.analysis.faults.derived import of_policy, of_rows
from kmc_model.analysis.faults.suspicions import suspicions
from kmc_model.clock import START
from kmc_model.records import LinkKind, LinkStatus, State
from kmc_model.rules import RULES, is_member
from kmc_model.turn import Reason

REFERENCE = Rules()
ADA, BO, GRACE = map(email_of, EVERYTHING.people)
PASSWORD = "s3cure-pass!"


def _after(*actions: a.Action) -> State:
    state = EVERYTHING.start(REFERENCE).state
    for action in actions:
        state = _next(state, action)
    return state


def _next(state: State, action: a.Action, rules: Rules = REFERENCE) -> State:
    return rules.perform(state, START, action)[0]


def _answers(state: State, where: str, *actions: a.Action) -> list[tuple[Reason | None, ...]]:
    """What each wrong model that may differ at `where` answers to each of `actions`."""
    return [
        tuple(each.rules.perform(state, START, action)[1].reason for action in actions)
        for each in suspicions()
        if each.where == where
    ]


def test_a_row_spoils_each_thing_of_the_person_or_of_everybody_else() -> None:
    logins = [
        a.LogIn(email, PASSWORD, None, account) for email, account in ((ADA, "Acme"), (BO, "Globex"), (GRACE, "Acme"))
    ]
    before = _after(*logins, a.EnableTwoFactor("Globex"))
    right = _next(before, a.RequestReset(ADA))
    spoilt = set()
    for each in suspicions():
        if each.where == "RequestReset.always" and each.worth < 1:
            wrong = _next(before, a.RequestReset(ADA), each.rules)
            for records in ("sessions", "links", "credentials"):
                for of_right, of_wrong in zip(*(getattr(it, records).values() for it in (right, wrong)), strict=True):
                    fields = [name for name in of_right.__slots__ if getattr(of_right, name) != getattr(of_wrong, name)]
                    spoilt |= {(of_right.email, name) for name in fields}
    things = ("is_open", "status", "password", "secret", "locked_until")
    assert spoilt == {(email, thing) for email in (ADA, BO, GRACE) for thing in things}


def _afterwards(state: State, where: str, action: a.Action) -> list[State]:
    return [_next(state, action, each.rules) for each in suspicions() if each.where == where]


def test_what_is_done_in_one_account_is_done_in_all() -> None:
    states = _afterwards(_after(), "EnableTwoFactor.always", a.EnableTwoFactor("Acme"))
    assert [each.accounts["Globex"].two_factor for each in states].count(True) == 1


def test_what_is_done_to_one_person_is_done_to_all_to_whom_it_can_be() -> None:
    mailed = [
        [mail.recipient for mail in each.outbox]
        for each in _afterwards(_after(), "RequestReset.always", a.RequestReset(ADA))
    ]
    assert mailed.count([GRACE, BO, ADA]) == 1
    accounts = [
        {session.account for session in each.sessions.values() if session.email == BO}
        for each in _afterwards(_after(), "LogIn.no_code_needed", a.LogIn(ADA, PASSWORD, None, "Acme"))
    ]
    assert {"Acme"} not in accounts  # where Bo is no user


def test_a_password_of_the_sentences_counts_though_it_is_another() -> None:
    changed = _after(a.LogIn(ADA, PASSWORD, None, "Acme"))
    changed = _next(changed, a.ChangePassword(next(iter(changed.sessions)), PASSWORD, "n3w-pass!1"))
    logins = [a.LogIn(ADA, password, None, "Acme") for password in PASSWORDS.values()]
    taken = [
        [password for password, reason in zip(PASSWORDS, answers, strict=True) if reason is None]
        for answers in _answers(changed, "LogIn.password_wrong", *logins)
    ]
    assert all([words] in taken for words in PASSWORDS)


def test_a_check_of_a_login_is_left_out_with_a_code_or_where_one_is_asked_for() -> None:
    two_factor = _after(a.EnableTwoFactor("Globex"))
    answers = _answers(
        two_factor,
        "LogIn.password_wrong",
        a.LogIn(BO, "wr0ng-guess!", None, "Globex"),
        a.LogIn(BO, "wr0ng-guess!", "wrong/1", "Globex"),
    )
    assert (Reason.CODE_NEEDED, Reason.WRONG_CREDENTIALS) in answers
    assert (Reason.WRONG_CREDENTIALS, Reason.WRONG_CODE) in answers


def test_a_check_is_left_out_for_the_owner_for_strangers_and_where_no_account_or_another_is_named() -> None:
    locked = _after(*[a.LogIn(email, "wr0ng-guess!", None, "Acme") for email in (ADA, GRACE) for _ in range(10)])
    names = ((GRACE, "Acme"), (GRACE, "Globex"), (ADA, "Acme"), (ADA, "Globex"), (ADA, None))
    logins = [a.LogIn(email, PASSWORD, None, account) for email, account in names]
    let_in = [
        [name for name, reason in zip(names, answers, strict=True) if reason is None]
        for answers in _answers(locked, "LogIn.is_locked", *logins)
    ]
    assert [(GRACE, "Acme")] in let_in
    assert [(GRACE, "Globex"), (ADA, "Globex")] in let_in
    assert [(ADA, None)] in let_in
    there = _after(a.LogIn(BO, PASSWORD, None, "Globex"), a.LogIn(ADA, PASSWORD, None, "Acme"))
    of_bo, of_ada = there.sessions
    switched = _answers(
        there, "DisableTwoFactor.not_the_vendor", a.DisableTwoFactor("Acme", of_bo), a.DisableTwoFactor("Acme", of_ada)
    )
    assert (None, Reason.NOT_ALLOWED) in switched


def test_some_of_what_is_to_be_ended_or_used_up_is_left() -> None:
    twice = _after(*[a.LogIn(ADA, PASSWORD, None, "Acme")] * 2, a.EnableTwoFactor("Acme"), a.RequestReset(ADA))
    mailed = {each.kind: each.token for each in twice.links.values() if each.email == ADA}
    right = _next(twice, set_password := a.SetPassword(mailed[LinkKind.RESET], "n3w-pass!1"))
    states = _afterwards(twice, "SetPassword.always", set_password)
    assert [True, False] in [[each.is_open for each in state.sessions.values()] for state in states]
    follow_up = next(each.token for each in reversed(right.links.values()) if each.email == ADA)
    by_reset, by_vendor = (
        [each.links[link].status for each in _afterwards(state, "OpenEnrolmentLink.always", a.OpenEnrolmentLink(link))]
        for link, state in ((follow_up, right), (mailed[LinkKind.ENROLMENT], twice))
    )
    assert by_reset.count(LinkStatus.OPEN) == by_vendor.count(LinkStatus.OPEN) + 1


def test_a_refusal_is_brought_by_anybody_upon_all() -> None:
    locked = _after(*[a.LogIn(ADA, "wr0ng-guess!", None, "Acme")] * 10)
    answers = _answers(locked, "LogIn", a.LogIn(BO, PASSWORD, None, "Globex"))
    assert answers.count((Reason.LOCKED,)) == 1


def test_what_a_reset_needs_is_asked_of_anybody() -> None:
    asked = _after(a.EnableTwoFactor("Acme"), a.RequestReset(BO))
    (link,) = (each for each in asked.links.values() if each.kind is LinkKind.RESET)
    states = _afterwards(asked, "SetPassword", a.SetPassword(link.token, "n3w-pass!1"))
    assert [each.credentials[BO].secret is not None for each in states] == [True, False]


def test_what_a_reset_needs_is_asked_of_the_first_account() -> None:
    asked = _after(a.EnableTwoFactor("Globex"), a.RequestReset(ADA))
    (link,) = (each for each in asked.links.values() if each.kind is LinkKind.RESET)
    right = _next(asked, set_password := a.SetPassword(link.token, "n3w-pass!1"))
    states = _afterwards(asked, "SetPassword", set_password)
    before, renewed = (each.credentials[ADA].secret for each in (asked, right))
    assert [each.credentials[ADA].secret for each in states] == [renewed, before]
    assert before != renewed


@pytest.mark.parametrize(
    ("kind", "asking", "late"),
    [(LinkKind.RESET, (BO, ADA), 1), (LinkKind.RESET, (ADA, ADA), 2), (LinkKind.ENROLMENT, (ADA,), 2)],
)
def test_a_links_hours_count_from_the_first_mail_or_from_the_persons_first_link(
    kind: LinkKind, asking: tuple[str, ...], late: int
) -> None:
    """Whoever is asking does so on another day, and is mailed a link that is used at once."""
    state, now = _after(a.EnableTwoFactor("Globex") if kind is LinkKind.ENROLMENT else a.RequestReset(GRACE)), START
    for email in asking:
        now += 2 * 24 * 3600
        state = REFERENCE.perform(state, now, a.RequestReset(email))[0]
    use: a.Action = a.SetPassword(next(reversed(state.links)), "n3w-pass!1")
    if kind is LinkKind.ENROLMENT:
        state = REFERENCE.perform(state, now, use)[0]
        use = a.OpenEnrolmentLink(next(reversed(state.links)))
    assert REFERENCE.perform(state, now, use)[1].reason is None
    for each_kind in LinkKind:
        field = f"{each_kind}_link_ttl_s"
        reasons = [each.rules.perform(state, now, use)[1].reason for each in suspicions() if each.where == field]
        assert reasons.count(Reason.LINK_NOT_VALID) == (late if each_kind is kind else 0)


def test_the_first_two_reset_links_alone_are_used_up() -> None:
    state, left_open = _after(), []
    for password in ("n3w-pass!1", PASSWORD, "n3w-pass!1"):
        state = _next(state, a.RequestReset(ADA))
        set_password = a.SetPassword(link := next(reversed(state.links)), password)
        statuses = [each.links[link].status for each in _afterwards(state, "SetPassword.always", set_password)]
        left_open.append(statuses.count(LinkStatus.OPEN))
        state = _next(state, set_password)
    assert left_open == [2, 2, 3]  # two are the faults that none is, and that nothing is done


def test_a_password_counts_as_right_where_it_is_the_one_that_locks() -> None:
    wrong = a.LogIn(ADA, "n0t-in-mind!", None, "Acme")
    for tries, let_in in ((8, 2), (9, 3)):
        answers = _answers(_after(*[wrong] * tries), "LogIn.password_wrong", wrong)
        assert answers.count((None,)) == let_in  # two are the faults that the row is dropped, and accepts


def test_rows_that_no_requirement_demands_are_left_out_too() -> None:
    assert any(is_member not in {row.applies for row in each.rules.rules} for each in suspicions())
    assert is_member in {row.applies for row in RULES}


def test_the_faults_derived_by_machine_are_in_mind_and_what_no_requirement_forbids_is_not() -> None:
    policies = [each.rules.policy for each in suspicions()]
    for fault in of_policy():
        assert (fault.policy in policies) is bool(fault.requirements), fault.name
    tables = [each.rules.rules for each in suspicions()]
    for fault in of_rows():
        assert (fault.rules in tables) is bool(fault.requirements), fault.name
