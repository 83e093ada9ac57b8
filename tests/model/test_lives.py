"""What moves lead to, and where they cannot be made."""

from kmc_model.analysis.configurations import TOPICS, Life, Made, Rules, key_of

RULES = Rules()


def _made(topic: str, *sentences: str) -> tuple[Life, Made | None]:
    """The life in which all sentences but the last have been told, and what that one makes of it."""
    (scope,) = (each for each in TOPICS if each.name == topic)
    moves = {move.sentence: move for move in scope.moves}
    life = scope.start(RULES)
    for sentence in sentences[:-1]:
        made = moves[sentence].make(life, RULES)
        assert made is not None, sentence
        life = made.life
    return life, moves[sentences[-1]].make(life, RULES)


def test_what_others_are_shown_the_people_of_the_scope_do_not_keep() -> None:
    life, made = _made(
        "newcomers", "Mallory is registered in Acme with a password", "Mallory logs in to Acme with no code"
    )
    assert made is not None
    assert made.seen.accepted
    assert made.life.state.sessions
    assert made.life.holds == life.holds


def test_several_steps_end_before_the_first_that_cannot_be_made() -> None:
    with_reset = (
        "Ada logs in to Acme with a code; Ada resets the password; Ada logs in to Acme with a code made 0 s from now"
    )
    assert _made("codes", with_reset)[1] is None
    _, made = _made(
        "sessions", "Ada logs in to Acme with no code", "Ada logs out; Ada logs in to Acme with the same code"
    )
    assert made is not None
    assert made.seen.account == ""
    assert not any(session.is_open for session in made.life.state.sessions.values())


def test_a_password_is_near_to_the_first_one_for_as_long_as_that_is_the_persons() -> None:
    near = "Ada logs in with the password in capitals and no code"
    assert _made("codes", near)[1] is not None
    assert _made("codes", "Ada resets the password", near)[1] is None


def test_a_used_up_limit_of_resets_is_told_apart_and_for_how_long_it_has_been() -> None:
    (scope,) = (each for each in TOPICS if each.name == "requests")
    ten_times, again = "Ada asks for a reset 10 times", "Ada asks for a reset"
    lives = [_made("requests", *told, again)[0] for told in ((), (ten_times,), (ten_times, "9 min 30 s pass"))]
    assert len({key_of(life, scope, RULES.policy)[1] for life in lives}) == 3
