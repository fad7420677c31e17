"""Exceptions raised in other threads."""

from __future__ import annotations


def interrupt(thread: int, exception: type[BaseException] | None) -> None:
    """Raises an exception in a thread as soon as it runs Python code.

    Args:
        thread: Identifier of the thread, from `threading.get_ident`.
        exception: What to raise; none takes back what was not raised yet.
    """
    # Needed rarely, and not free to import.
    import ctypes

    what = None if exception is None else ctypes.py_object(exception)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)
