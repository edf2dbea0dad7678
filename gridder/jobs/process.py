"""The parent's side of a child: started warm, given one order, listened to, and killed with all it started."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import Any

from gridder.io.key import ENVIRONMENT_NAME
from gridder.io.limits import NAMES as LIMIT_VARIABLES

KEPT_VARIABLES = frozenset(
    {
        *("PATH", "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR"),
        *("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH"),
        *("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PROJ_DATA", "PROJ_LIB", "GDAL_DATA"),
        *("NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
        ENVIRONMENT_NAME,
    }
)
"""Variables that a child gets; the store's address and the other secrets of a server are not among them."""


class Process:
    """A child; `ready` once it is warm.

    Parameters
    ----------
    command
        What starts it.
    bell
        Rung whenever it says something, and at its end.
    """

    def __init__(self, command: Sequence[str], bell: threading.Event) -> None:
        self.ready = threading.Event()
        self._silent = threading.Event()
        self._bell = bell
        self._messages: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._popen = subprocess.Popen(  # noqa: S603 - the command is our own
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=child_environment(os.environ),
            encoding="utf-8",
            start_new_session=True,
        )
        self._listener = threading.Thread(target=self._listen, name=f"job-listener-{self.pid}", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """Return its process id, which on POSIX is also that of its group."""
        return self._popen.pid

    def send(self, line: str) -> None:
        """Give it its order; one that has died shows by `has_ended`."""
        assert self._popen.stdin is not None  # noqa: S101 - it was opened as a pipe
        with contextlib.suppress(OSError):
            self._popen.stdin.write(line)
            self._popen.stdin.flush()

    def messages(self) -> list[dict[str, Any]]:
        """Return what it has said since the last call."""
        heard = []
        with contextlib.suppress(Empty):
            while True:
                heard.append(self._messages.get_nowait())
        return heard

    def has_ended(self) -> bool:
        """Return whether it has exited or can say no more; `close` brings its last words in."""
        return self._silent.is_set() or self._has_exited()

    def close(self) -> None:
        """Kill it and everything that it started, and wait until it is gone."""
        if self._popen.returncode is None:
            self._kill()
        self._popen.wait()
        self._listener.join()
        for pipe in (self._popen.stdin, self._popen.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _has_exited(self) -> bool:
        """Return whether it has exited, and on POSIX leave its number taken until `close`."""
        if sys.platform == "win32":
            return self._popen.poll() is not None
        if self._popen.returncode is not None:
            return True
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return False
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _kill(self) -> None:
        """Kill the group; as its leader is not waited for yet, the number cannot be another's."""
        if sys.platform == "win32":
            self._popen.kill()
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def _listen(self) -> None:
        assert self._popen.stdout is not None  # noqa: S101 - it was opened as a pipe
        for line in self._popen.stdout:
            message = _parse(line)
            if message is None:
                continue
            if "ready" in message:
                self.ready.set()
            else:
                self._messages.put(message)
            self._bell.set()
        self._silent.set()
        self._bell.set()


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the part of an environment that a child gets."""
    kept = {
        name: value
        for name, value in environment.items()
        if name.upper() in KEPT_VARIABLES or name in LIMIT_VARIABLES
    }
    return kept | {"PYTHONUTF8": "1"}


def _parse(line: str) -> dict[str, Any] | None:
    """Return the message of a line; None for the stump that a killed child leaves."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None
