"""`self.commands`: shell commands run by services (reference service-api 3.6)."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any, BinaryIO

from zato import _core
from zato.common._missing import refuse
from zato.common.marshal_.api import Model

__all__ = ["CommandResult", "CommandsFacade"]

_DEFAULT_TIMEOUT = 600.0

#: How often a service that waits for a command can be interrupted, in seconds.
_SLICE = 0.5

#: How long to wait for output of a command that was killed, in seconds; what it started in other sessions may keep it
#: open.
_AFTER_KILL = 1.0

#: What stands for bytes that are no text.
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

Callback = str | type | Callable[..., Any] | None


@dataclasses.dataclass
class CommandResult(Model):
    """What became of a command."""

    cid: str = ""
    command: str = ""
    callback: Any = None
    stdin: str = ""
    stdout: str = ""
    stderr: str = ""
    encoding: str = "utf8"
    replace_char: str = _REPLACEMENT
    use_pubsub: bool = False
    #: Whether it ended by itself, with 0.
    is_ok: bool = False
    #: What it ended with; -1 is not known, because it took too long. Negative numbers are signals otherwise.
    exit_code: int = -1
    timeout: float = _DEFAULT_TIMEOUT
    is_timeout: bool = False
    timeout_msg: str = ""
    is_async: bool = False
    start_time: dt.datetime | None = None
    start_time_iso: str = ""
    end_time: dt.datetime | None = None
    end_time_iso: str = ""
    total_time: str = ""
    total_time_sec: float = 0.0
    len_stdout_bytes: int = 0
    len_stdout_human: str = ""
    len_stderr_bytes: int = 0
    len_stderr_human: str = ""


class CommandsFacade:
    """Runs shell commands.

    Args:
        service: The service that runs them.
    """

    __slots__ = ("_service",)

    def __init__(self, service: Any) -> None:
        self._service = service

    def invoke(
        self,
        command: str,
        *,
        cid: str = "",
        timeout: float | None = _DEFAULT_TIMEOUT,
        callback: Callback = None,
        stdin: str = "",
        encoding: str = "utf8",
        use_pubsub: bool = False,
        replace_char: str = _REPLACEMENT,
    ) -> CommandResult:
        """Runs a command and waits for it. If time is over it is killed, with everything it has started.

        Args:
            command: Text for the shell.
            cid: Correlation ID; that of the service if there is none.
            timeout: Seconds it may take; none or 0 is for ever.
            callback: Service, by name or class, or function, that gets the result as well.
            stdin: What it reads.
            encoding: Of what it reads and writes.
            use_pubsub: Whether the callback is a topic.
            replace_char: What stands for bytes of the output that are no text in this encoding.

        Returns:
            Output, exit code and times. A command that fails is no exception.

        Raises:
            KeyError: If the callback is a service that is not deployed.
            LookupError: If the encoding is unknown.
            MissingFeature: If the callback is a topic.
        """
        result = self._result(command, cid, timeout, callback, stdin, encoding, use_pubsub, replace_char)
        _run(result)
        if callback is not None:
            self._call_back(result)
        return result

    def invoke_async(
        self,
        command: str,
        *,
        cid: str = "",
        timeout: float | None = _DEFAULT_TIMEOUT,
        callback: Callback = None,
        stdin: str = "",
        encoding: str = "utf8",
        use_pubsub: bool = False,
        replace_char: str = _REPLACEMENT,
    ) -> CommandResult:
        """Runs a command in the background; the callback gets the result.

        Arguments and exceptions are those of `invoke`.

        Returns:
            What is known so far, such as the correlation ID, which is a new one unless it is given.
        """
        cid = cid or _core.new_cid()
        result = self._result(command, cid, timeout, callback, stdin, encoding, use_pubsub, replace_char)
        result.is_async = True
        known = dataclasses.replace(result)

        def run() -> None:
            _run(result)
            if callback is not None:
                self._call_back(result)

        self._service.spawn(run)
        return known

    def _result(
        self,
        command: str,
        cid: str,
        timeout: float | None,
        callback: Callback,
        stdin: str,
        encoding: str,
        use_pubsub: bool,
        replace_char: str,
    ) -> CommandResult:
        if use_pubsub:
            refuse("use_pubsub of self.commands", "publish/subscribe")
        # Asked before the command is run, which may not be undone.
        if callback is not None and _is_service(callback):
            callback = _core.service_name(callback)
        "".encode(encoding)
        return CommandResult(
            cid=cid or self._service.cid,
            command=command,
            callback=callback,
            stdin=stdin,
            encoding=encoding,
            replace_char=replace_char,
            timeout=float(timeout or 0),
        )

    def _call_back(self, result: CommandResult) -> None:
        if not isinstance(result.callback, str):
            result.callback(result)
        elif result.is_async:
            self._service._zato_start(None, True, result.callback, result, cid=result.cid)
        else:
            self._service.invoke(result.callback, result)


def _is_service(callback: Any) -> bool:
    return isinstance(callback, (str, _core.Service)) or (
        isinstance(callback, type) and issubclass(callback, _core.Service)
    )


def _run(result: CommandResult) -> None:
    """Runs the command of a result and fills the result."""
    result.start_time = dt.datetime.now(dt.timezone.utc)
    result.start_time_iso = result.start_time.isoformat()
    started = time.monotonic()
    # A pipe would have to be written to while output is read, which `communicate` does not resume after a slice.
    with _in_memory(result.stdin.encode(result.encoding)) as stdin:
        process = subprocess.Popen(  # noqa: S602 - a shell is what services ask for
            result.command,
            shell=True,
            start_new_session=True,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    try:
        stdout, stderr = _communicate(process, result, started)
    except BaseException:
        # The service was interrupted.
        _kill(process)
        raise
    finally:
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
    if not result.is_timeout:
        result.exit_code = process.returncode
    result.is_ok = result.exit_code == 0
    result.stdout, result.stderr = _text(stdout, result), _text(stderr, result)
    result.len_stdout_bytes, result.len_stderr_bytes = len(stdout), len(stderr)
    result.len_stdout_human, result.len_stderr_human = _human(len(stdout)), _human(len(stderr))
    result.total_time_sec = time.monotonic() - started
    result.total_time = str(dt.timedelta(seconds=result.total_time_sec))
    result.end_time = result.start_time + dt.timedelta(seconds=result.total_time_sec)
    result.end_time_iso = result.end_time.isoformat()


def _in_memory(data: bytes) -> BinaryIO:
    """A file that is nowhere on a disk."""
    file = os.fdopen(os.memfd_create("stdin"), "w+b")
    try:
        file.write(data)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def _communicate(process: subprocess.Popen[bytes], result: CommandResult, started: float) -> tuple[bytes, bytes]:
    """Gives the output of a command, once it has ended or was killed."""
    while True:
        # In slices, as exceptions that interrupt a service reach it between two bytecodes only.
        left = result.timeout - (time.monotonic() - started) if result.timeout > 0 else _SLICE
        try:
            return process.communicate(timeout=max(0.0, min(_SLICE, left)))
        except subprocess.TimeoutExpired as error:
            if left > _SLICE or result.timeout <= 0:
                continue
            result.is_timeout = True
            result.timeout_msg = f"Command took longer than {result.timeout} s and was killed: `{result.command}`"
            logging.getLogger("zato").warning("%s (%s)", result.timeout_msg, result.cid)
            _kill(process)
            written = error.stdout or b"", error.stderr or b""
            break
    try:
        return process.communicate(timeout=_AFTER_KILL)
    except subprocess.TimeoutExpired as error:
        return error.stdout or written[0], error.stderr or written[1]


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kills a command and whatever belongs to its group, whose number is its own until it is known how it ended."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_AFTER_KILL)


def _text(data: bytes, result: CommandResult) -> str:
    text = data.decode(result.encoding, "replace")
    return text if result.replace_char == _REPLACEMENT else text.replace(_REPLACEMENT, result.replace_char)


def _human(count: float) -> str:
    """A number of bytes for people."""
    for unit in ("Bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "Bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
