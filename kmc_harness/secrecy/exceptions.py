"""What an adapter's exception says to whoever wrote the adapter."""

import inspect
import os
import traceback

from kmc_harness.secrecy import redaction

__all__ = ["in_words"]

LONGEST = 5_000


def in_words(error: BaseException, adapter: object) -> str:
    """Return kind and message of `error`, and the file and line of `adapter` where it was raised, or came through.

    The innermost line in the module of the adapter's class is meant, `adapter.py:31`, whatever library it calls;
    `adapter` is the class where there is no adapter yet.
    The harness' own exceptions speak for themselves: their kind is left out. Secrets that this process has seen are
    shortened: an adapter quotes what it likes, of earlier scenarios too.
    """
    kind = type(error)
    said = _message(error)
    told = said if kind.__module__.startswith("kmc_harness.") else f"{kind.__name__}: {said}"
    words = redaction.without_secrets(told)
    place = _place(error, adapter)
    return f"{words} ({place})" if place else words


def _message(error: BaseException) -> str:
    """Return the message of `error`, in a form that can be written; the method that makes it may be an adapter's."""
    try:
        text = "".join((str(error),))
    except BaseException as broken:
        return f"(its message cannot be read: {type(broken).__name__})"
    # Cut between words: half a secret is known to nobody.
    text = text if len(text) <= LONGEST else f"{text[:LONGEST].rpartition(' ')[0]} …"
    return text.encode(errors="backslashreplace").decode()


def _place(error: BaseException, adapter: object) -> str:
    try:
        file = inspect.getfile(adapter if isinstance(adapter, type) else type(adapter))
    except (TypeError, OSError):
        return ""
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == file]
    ours = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return f"{os.path.basename(file)}:{lines[-1]}" if lines and not file.startswith(ours) else ""
