"""A player for notebooks: move the clock, act, and see screen, mail and timeline change.

What can be done is offered in the sentences of the features; whoever is shown a QR code scans it. Everything is a
button, reached by Tab and pressed by Space: JupyterLab takes the arrow keys for itself.
"""

from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

from kmc_model.actions import Action, LogIn
from kmc_model.analysis.configurations import SCOPES, Configuration, Rules, Scope
from kmc_model.clock import STEP_S
from kmc_model.model import Model, Outcome, Variant
from kmc_model.notebook.display import lifetime_chart, moment, picture, png, table
from kmc_model.notebook.history import History
from kmc_model.policy import ARTICLE, Policy
from kmc_model.records import State
from kmc_model.totp import code_at
from kmc_model.values import bundle

__all__ = ["Play", "Player"]

TWO_ACCOUNTS = SCOPES[1]
WAITS = {"1 min": 60, "1 h": 3600, "24 h": 86_400}


@dataclass(frozen=True)
class _Played(Rules):
    """Rules that perform on a model, where each person's app makes real codes."""

    model: Model = field(default_factory=Model)

    def perform(self, state: State, now: int, action: Action) -> tuple[State, Outcome]:
        """Perform `action` on the model at `now`."""
        self.model.clock.advance(now - self.model.clock.now())
        outcome = self.model.perform(_typed(action))
        return self.model.state, outcome


def _typed(action: Action) -> Action:
    """Return a login with the code that the app makes, instead of its symbol: `secret/counter`."""
    if not isinstance(action, LogIn) or not action.code:
        return action
    secret, _, counter = action.code.rpartition("/")
    code = "000000" if secret == "zeros" else code_at(secret, int(counter) * STEP_S)
    return replace(action, code=code)


class Play:
    """A user's way through the model, each step a sentence."""

    def __init__(self, scope: Scope = TWO_ACCOUNTS, policy: Policy = ARTICLE) -> None:
        self.scope = scope
        self.model = Model(variant=Variant(policy))
        self._trial = Rules(policy)
        self._rules = _Played(policy, model=self.model)
        self.configuration = scope.start(self._rules)

    @property
    def history(self) -> History:
        """What was done so far."""
        return History(self.model)

    def sentences(self) -> tuple[str, ...]:
        """Return what can be done now."""
        moves = (each for each in self.scope.moves if each.make(self.configuration, self._trial) is not None)
        return tuple(each.sentence for each in moves)

    def tell(self, *sentences: str) -> tuple[Outcome, ...]:
        """Do what `sentences` say, one after another, and return how each action ended; to let time pass is none.

        Raises:
            ValueError: one is no sentence of the scope, or cannot be done now.

        """
        done = len(self.model.events)
        for sentence in sentences:
            move = next((each for each in self.scope.moves if each.sentence == sentence), None)
            made = move.make(self.configuration, self._rules) if move and sentence in self.sentences() else None
            if made is None:
                can = "\n".join(self.sentences())
                raise ValueError(f"{sentence!r} cannot be done now; these can:\n{can}")
            self.configuration = made.configuration
            self.wait(0)
        return tuple(each.outcome for each in self.model.events[done:])

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.configuration = Configuration(
            self.configuration.state, self.configuration.now + seconds, self.configuration.knowledge
        )
        self.model.clock.advance(self.configuration.now - self.model.clock.now())


class Player:
    """A play with buttons. It is shown by being the last thing in a cell.

    Args:
        scope: who is there and what they can do.
        policy: by which the model answers.
        secrets: show links, session handles and QR codes in full.

    """

    def __init__(self, scope: Scope = TWO_ACCOUNTS, policy: Policy = ARTICLE, *, secrets: bool = False) -> None:
        import ipywidgets as widgets

        self.play = Play(scope, policy)
        self._secrets = secrets
        self._said = "Nothing was done yet."
        self._clock, self._screen, self._mail, self._timeline = (widgets.HTML() for _ in range(4))
        wide = widgets.Layout(width="32em", min_height="28px")
        self.moves = {each.sentence: widgets.Button(description=each.sentence, layout=wide) for each in scope.moves}
        self.waits = {each: widgets.Button(description=f"+ {each}", layout={"width": "6em"}) for each in WAITS}
        for sentence, button in self.moves.items():
            button.on_click(lambda _, sentence=sentence: self.tell(sentence))
        for name, button in self.waits.items():
            button.on_click(lambda _, seconds=WAITS[name]: self.wait(seconds))
        scrolling = widgets.Layout(height="26em", overflow="hidden auto", flex="0 0 auto")
        self.widget = widgets.VBox(
            [
                widgets.HBox([self._clock, *self.waits.values()]),
                widgets.HBox([widgets.VBox(list(self.moves.values()), layout=scrolling), self._screen]),
                self._timeline,
                self._mail,
            ]
        )
        self._draw()

    def tell(self, sentence: str) -> None:
        """Do what `sentence` says, and show what changed."""
        answers = "".join(str(bundle(each, secrets=self._secrets)["text/html"]) for each in self.play.tell(sentence))
        self._said = f"<b>{escape(sentence)}</b>{answers}"
        self._draw()

    def wait(self, seconds: int) -> None:
        """Let time pass, and show what changed."""
        self.play.wait(seconds)
        self._draw()

    def _draw(self) -> None:
        can = self.play.sentences()
        for sentence, button in self.moves.items():
            button.disabled = sentence not in can
        self._clock.value, self._screen.value, self._timeline.value, self._mail.value = self._parts()

    def _parts(self) -> tuple[str, str, str, str]:
        """Return clock, screen, timeline and mail as HTML."""
        model, history = self.play.model, self.play.history
        mails = [(moment(each.sent_at), escape(each.recipient), escape(each.subject)) for each in model.state.outbox]
        return (
            f"<b>{moment(model.clock.now())} UTC</b>&emsp;",
            f'<div role="status">{self._said}</div>',
            picture(png(lifetime_chart(history)), f"the timeline: {history!r}"),
            table(reversed(mails), ("mailed", "to", "subject")) if mails else "No mail yet.",
        )

    def __repr__(self) -> str:
        return f"Player({self.play.scope.name}: {self.play.model!r})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict[str, Any], Any]:
        """Show the widget; where there is no kernel, what it last showed."""
        shown: Any = self.widget._repr_mimebundle_(include=include, exclude=exclude)
        bundled, metadata = shown if isinstance(shown, tuple) else (shown, {})
        return {**bundled, "text/plain": repr(self), "text/html": "".join(self._parts())}, metadata
