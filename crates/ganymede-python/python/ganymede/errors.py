"""What can go wrong, as exceptions: the text is the command's, what to do about it stands as a note."""

from __future__ import annotations

import os
from typing import Any


class Error(Exception):
    """Anything that goes wrong in ganymede."""

    #: What to do about it.
    hint: str | None = None


class SpecError(Error, ValueError):
    """What was asked for does not fit together: networks, losses, arguments. All of it stands in `findings`."""

    #: Each as (severity, rule, place, reason, fixes).
    findings: list[tuple[str, str, str, str, list[str]]] = []


class DataError(Error, ValueError):
    """The data cannot be read, or is not what was asked for."""


class RunError(Error):
    """A run is none, is damaged, or cannot go on as asked."""


class RunLockedError(RunError):
    """Another process trains in this run."""


class DivergedError(Error, ArithmeticError):
    """Numbers became infinite or none at all."""

    #: The step.
    step: int | None = None
    #: The newest checkpoint.
    checkpoint: str | None = None


class FileError(Error, OSError):
    """A file cannot be read or written; `errno` is the system's number."""


class NotEnoughMemory(Error, MemoryError):
    """The memory does not hold what was asked for."""


_CLASSES = {
    kind.__name__: kind
    for kind in (Error, SpecError, DataError, RunError, RunLockedError, DivergedError, FileError, NotEnoughMemory)
}


def with_hint(error: BaseException, hint: str | None) -> BaseException:
    """The exception with what to do about it, below its text."""
    if hint:
        if isinstance(error, Error):
            error.hint = hint
        if hasattr(error, "add_note"):
            error.add_note(f"hint: {hint}")
        else:
            error.args = (f"{error.args[0]}\nhint: {hint}", *error.args[1:])
    return error


def made(kind: str, text: str, hint: str | None, errno: int | None, step: int | None, checkpoint: str | None) -> BaseException:
    """The exception of an error of the engine."""
    if kind == "FileError":
        error: Any = FileError(text)
        error.errno = errno
        error.strerror = os.strerror(errno) if errno else text
    else:
        error = _CLASSES.get(kind, Error)(text)
    if isinstance(error, DivergedError):
        error.step, error.checkpoint = step, checkpoint
    return with_hint(error, hint)
