"""Waiting for a store that is gone for a while, and for the end of a server."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import exc

T = TypeVar("T")
log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 1.0
LAST_WORDS_SECONDS = 5.0
"""So long after the end of its grace a server still tries to tell the store what becomes of its jobs."""


class Halt:
    """Whether a server stops, and until when its jobs may go on."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._deadline = math.inf

    def set(self, grace_s: float) -> None:
        """Begin the stop."""
        self._deadline = time.monotonic() + grace_s
        self._event.set()

    def wait(self, seconds: float) -> None:
        """Wait for the stop, but no longer than this."""
        self._event.wait(seconds)

    @property
    def is_set(self) -> bool:
        """Return whether the stop has begun, and no job may be begun."""
        return self._event.is_set()

    @property
    def is_due(self) -> bool:
        """Return whether no job may go on."""
        return time.monotonic() >= self._deadline

    @property
    def is_over(self) -> bool:
        """Return whether nothing is worth waiting for."""
        return time.monotonic() >= self._deadline + LAST_WORDS_SECONDS


def is_passing(error: Exception) -> bool:
    """Return whether an error of the store may pass by itself: it is away, busy or out of room."""
    if isinstance(error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError):
        return True
    return isinstance(error, exc.DBAPIError) and error.connection_invalidated


def insist(
    call: Callable[[], T], halt: Halt, *, unless: Callable[[exc.SQLAlchemyError], bool] = lambda _: False
) -> T | None:
    """Return what a call of the store returns, tried until the store is there.

    Parameters
    ----------
    call
        May be made several times; where an answer got lost, a further call must do no harm.
    halt
        Where it is over, the answer is None.
    unless
        Errors that are raised at once.
    """
    pause = FIRST_PAUSE
    while True:
        try:
            return call()
        except exc.SQLAlchemyError as error:
            if unless(error) or not is_passing(error):
                raise
            log.warning("the store does not answer (%s)", type(error).__name__)
        if halt.is_over:
            return None
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
