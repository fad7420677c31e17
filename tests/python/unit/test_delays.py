"""Functions that are called after a while."""

from __future__ import annotations

import threading

from zato.server._delays import _Delays


def test_functions_are_called_when_it_is_time_in_that_order() -> None:
    delays, called, done = _Delays(), [], threading.Event()
    delays.later(0.1, lambda is_over: (called.append(("late", is_over)), done.set()))
    delays.later(0.01, lambda is_over: called.append(("early", is_over)))
    assert done.wait(10)
    assert called == [("early", False), ("late", False)]
    delays.close()


def test_at_the_end_nothing_is_left_out() -> None:
    delays, called = _Delays(), []
    for number in range(3):
        delays.later(3600 + number, lambda is_over, number=number: called.append((number, is_over)))
    delays.close()
    assert called == [(0, True), (1, True), (2, True)]
    delays.later(3600, lambda is_over: called.append(("after", is_over)))
    assert called[-1] == ("after", True)


def test_a_function_that_fails_does_not_keep_the_next_from_being_called() -> None:
    delays, done = _Delays(), threading.Event()
    delays.later(0.01, lambda is_over: 1 / 0)
    delays.later(0.02, lambda is_over: done.set())
    assert done.wait(10)
    delays.close()
