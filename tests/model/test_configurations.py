"""What moves lead to, and where they cannot be made."""

import pytest

from kmc_model.analysis.configurations import TOPICS, Act, Configuration, Rules, Transition, key_of, move_of, waits

RULES = Rules()


def _made(topic: str, *sentences: str) -> tuple[Configuration, Transition | None]:
    """The configuration in which all sentences but the last have been told, and what that one makes of it."""
    (scope,) = (each for each in TOPICS if each.name == topic)
    moves = {move.sentence: move for move in scope.moves}
    configuration = scope.start(RULES)
    for sentence in sentences[:-1]:
        made = moves[sentence].make(configuration, RULES)
        assert made is not None, sentence
        configuration = made.configuration
    return configuration, moves[sentences[-1]].make(configuration, RULES)


def test_what_others_are_shown_the_people_of_the_scope_do_not_keep() -> None:
    configuration, made = _made(
        "newcomers", "Mallory is registered in Acme with a password", "Mallory logs in to Acme with no code"
    )
    assert made is not None
    assert made.output.accepted
    assert made.configuration.state.sessions
    assert made.configuration.knowledge == configuration.knowledge


def test_several_steps_end_before_the_first_that_cannot_be_made() -> None:
    with_reset = (
        "Ada logs in to Acme with a code; Ada resets the password; Ada logs in to Acme with a code made 0 s from now"
    )
    assert _made("codes", with_reset)[1] is None
    _, made = _made(
        "sessions", "Ada logs in to Acme with no code", "Ada logs out; Ada logs in to Acme with the same code"
    )
    assert made is not None
    assert made.output.account == ""
    assert not any(session.is_open for session in made.configuration.state.sessions.values())


def test_a_password_is_near_to_the_one_that_the_person_has_now() -> None:
    near = "Ada logs in with the password in capitals and no code"
    for told in ((), ("Ada resets the password",)):
        _, made = _made("codes", *told, near)
        assert made is not None
        assert not made.output.accepted


def test_the_first_password_is_right_until_there_is_another_one() -> None:
    first = "Ada logs in to Globex with the first password and no code"
    resets = "Ada resets the password"
    accepted = [_made("sessions", *([resets] * count), first)[1].output.accepted for count in range(3)]
    assert accepted == [True, False, False]


def test_a_reset_that_brings_no_link_breaks_off() -> None:
    _, made = _made("attempts", "Ada asks for a reset 10 times", "Ada resets the password")
    assert made is not None
    assert made.output.broke_off


def test_moves_are_read_from_their_sentences() -> None:
    twice = "Ada logs in to Acme with a code; 24 h 1 min pass"
    assert move_of(twice).sentence == twice
    assert [step.act for step in move_of(twice).steps] == [Act.LOG_IN, Act.WAIT]
    assert move_of("2 days 3 h pass") is waits(51 * 3600)
    with pytest.raises(LookupError, match="no scope has a move 'Ada dances'"):
        move_of("Ada dances")


def test_a_used_up_limit_of_resets_is_told_apart_and_for_how_long_it_has_been() -> None:
    (scope,) = (each for each in TOPICS if each.name == "requests")
    ten_times, again = "Ada asks for a reset 10 times", "Ada asks for a reset"
    configurations = [_made("requests", *told, again)[0] for told in ((), (ten_times,), (ten_times, "9 min 30 s pass"))]
    assert len({key_of(configuration, scope, RULES.policy)[1] for configuration in configurations}) == 3
