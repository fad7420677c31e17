"""What every thread and coroutine of a worker is doing, for the log (reference operations 8.2, SIGURG)."""

from __future__ import annotations

import linecache
import logging
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from inspect import CO_VARARGS, CO_VARKEYWORDS
from types import CodeType, FrameType, ModuleType
from typing import Any

from zato.server import _async
from zato.server._values import describe_named
from zato.server.service import Service

_MOST_FRAMES = 200
_logger = logging.getLogger("zato")


def write() -> None:
    """Writes stacks, arguments and locals of all threads and coroutines but this one's to the log.

    A record for each of them, so that what is known is there even if the process ends in between.
    """
    own = threading.get_ident()
    # All at once, before anything is described: threads go on meanwhile.
    threads = [(ident, _taken(_callers(frame))) for ident, frame in sys._current_frames().items() if ident != own]
    coroutines = [_taken(frames) for frames in _async.suspended()]
    count = f"threads: {len(threads)}, waiting coroutines: {len(coroutines)}"
    _logger.warning("Stacks of worker process %s (%s)", os.getpid(), count)
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, frames in threads:
        _logger.warning("%s", _describe(f"Thread {names.get(ident, ident)}", frames))
    for frames in coroutines:
        _logger.warning("%s", _describe("Coroutine", frames))


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame as it was when it was looked at."""

    code: CodeType
    line: int
    values: dict[str, Any]


def _callers(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _taken(frames: Iterable[FrameType]) -> list[_Frame]:
    """Takes frames down, the innermost first; of an endless recursion, only the end."""
    taken = []
    for frame in frames:
        if len(taken) == _MOST_FRAMES:
            break
        taken.append(_Frame(frame.f_code, frame.f_lineno or frame.f_code.co_firstlineno, dict(frame.f_locals)))
    return taken


def _describe(who: str, frames: Sequence[_Frame]) -> str:
    lines = [f"{who}{_on_behalf_of(frames)}, most recent call last:"]
    if len(frames) == _MOST_FRAMES:
        lines.append("  (calls before that are left out)")
    for frame in reversed(frames):
        lines += _describe_frame(frame)
    return "\n".join(lines)


def _on_behalf_of(frames: Sequence[_Frame]) -> str:
    """Says which service this is, the innermost if one invokes another, and the invocation it belongs to."""
    for frame in frames:
        service: Any = frame.values.get("self")
        if issubclass(type(service), Service):
            name = vars(type(service)).get("name") or type(service).__name__
            try:
                return f", service {name}, CID {service.cid}"
            except Exception:  # noqa: BLE001 - an instance that is not being called has none
                return f", service {name}"
    return ""


def _describe_frame(frame: _Frame) -> Iterator[str]:
    code = frame.code
    yield f'  File "{code.co_filename}", line {frame.line}, in {code.co_name}'
    source = linecache.getline(code.co_filename, frame.line).strip()
    if source:
        yield f"    {source}"
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & CO_VARARGS) + bool(code.co_flags & CO_VARKEYWORDS)
    arguments = code.co_varnames[:count]
    is_module = code.co_name == "<module>"
    for name in (*arguments, *(name for name in frame.values if name not in arguments)):
        if name in frame.values and not (is_module and _is_a_definition(name, frame.values[name])):
            kind = "argument" if name in arguments else "local"
            yield f"      {kind} {name} = {describe_named(name, frame.values[name])}"


def _is_a_definition(name: str, value: Any) -> bool:
    """Whether a global of a module that is being imported says nothing about what it is doing."""
    return name.startswith("__") or issubclass(type(value), (ModuleType, type)) or callable(value)
