"""The last part of a run: what the target chose where the requirements leave it a choice."""

import contextlib
from pathlib import Path

from kmc_harness import targets, terminal
from kmc_harness.report.choices import Choice
from kmc_harness.report.results import Run
from kmc_harness.secrecy.exceptions import in_words
from kmc_harness.telling.probes import probe
from kmc_harness.telling.scene import tag_of
from kmc_harness.verdicts import Verdict

__all__ = ["measured", "usual"]


def usual(what: Run) -> bool:
    """Return whether it is measured where nobody says: of an adapter in this process that is judged as a whole.

    Of the model it is known, and the hundreds of actions may be too many for a server.

    Raises:
        Misuse: the file that describes the target makes no sense.

    """
    if what.is_partial or what.repeat > 1:
        return False
    is_command = what.target.startswith("exec:")  # which may be longer than a path can be
    if not is_command and (path := Path(what.target)).exists():
        from kmc_harness.targets import description

        _, described = description.read(path)
        return bool(described.adapter.python) and described.server is None
    return what.target.startswith("python:")


def measured(what: Run) -> tuple[Choice, ...]:
    """Measure the choices of the target, which is loaded anew; whatever breaks meanwhile leaves them unmeasured."""
    from kmc_harness.exploring import measuring  # a run that measures nothing does not wait for it

    target = None
    try:
        target = targets.load(what.target, policy=what.policy or "article", seed=what.seed, patience=what.patience)
        probe(target, tag_of(what.seed, "choices"))
        with terminal.Progress("choices") as progress:
            progress.expect(measuring.STAGES)
            tag = tag_of(what.seed, "measured")
            found = measuring.measure(target, tag=tag, on_progress=lambda _: progress.advance(Verdict.PASS, ""))
            if found.was_stopped:
                raise KeyboardInterrupt
            return measuring.for_report(found)
    except (Exception, SystemExit) as error:
        return measuring.for_report(None, in_words(error, target))
    finally:
        if target:
            with contextlib.suppress(Exception):  # it may not be there any more
                target.close()
