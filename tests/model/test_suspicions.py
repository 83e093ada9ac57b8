"""The wrong models that a walk has in mind, family by family."""

from kmc_model import actions as a
from kmc_model.clock import START
from kmc_model.faults.derived import of_policy, of_rows
from kmc_model.faults.suspicions import suspicions
from kmc_model.lives import EVERYTHING, Rules, email_of
from kmc_model.records import State
from kmc_model.turn import Reason

REFERENCE = Rules()
ADA, BO = map(email_of, ("Ada", "Bo"))
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
    before = _after(
        a.LogIn(ADA, PASSWORD, None, "Acme"), a.LogIn(BO, PASSWORD, None, "Globex"), a.EnableTwoFactor("Globex")
    )
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
    assert spoilt == {(email, thing) for email in (ADA, BO) for thing in things}


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


def test_a_refusal_is_brought_by_anybody_upon_all() -> None:
    locked = _after(*[a.LogIn(ADA, "wr0ng-guess!", None, "Acme")] * 10)
    answers = _answers(locked, "LogIn", a.LogIn(BO, PASSWORD, None, "Globex"))
    assert answers.count((Reason.LOCKED,)) == 1


def test_the_faults_derived_by_machine_are_in_mind_and_what_no_requirement_forbids_is_not() -> None:
    policies = [each.rules.policy for each in suspicions()]
    for fault in of_policy():
        assert (fault.policy in policies) is bool(fault.requirements), fault.name
    tables = [each.rules.rules for each in suspicions()]
    for fault in of_rows():
        assert (fault.rules in tables) is bool(fault.requirements), fault.name
