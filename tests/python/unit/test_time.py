from __future__ import annotations

import datetime as dt
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zato.common._missing import MissingFeature
from zato.common.util.time_ import TimeUtil, datetime_from_ms
from zato.common.util.time_format import format_time, parse_time, zone_from_name

TOKENS = ["YYYY", "YYY", "YY", "MMMM", "MMM", "MM", "M", "DDDD", "DDD", "DD", "D", "Do", "dddd", "ddd", "dd", "d"]
TOKENS += ["HH", "H", "hh", "h", "mm", "m", "ss", "s", "SSSSSSSSS", "SSSSSS", "SSSSS", "SSSS", "SSS", "SS", "S"]
TOKENS += ["a", "A", "ZZZ", "ZZ", "Z", "X", "x", "W", "[YYYY]"]
moments = st.datetimes(min_value=dt.datetime(1900, 1, 1), max_value=dt.datetime(2200, 1, 1))
offsets = st.sampled_from([0, 330, -180])
zones = offsets.map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))


@given(moments, zones, st.lists(st.sampled_from(TOKENS), min_size=1, max_size=5))
def test_formats_are_arrows(moment: dt.datetime, zone: dt.tzinfo, tokens: list[str]) -> None:
    arrow = pytest.importorskip("arrow")
    pattern, aware = "-".join(tokens), moment.replace(tzinfo=zone)
    assert format_time(aware, pattern) == arrow.get(aware).format(pattern)


@given(moments)
@pytest.mark.parametrize(
    "pattern",
    [
        "YYYY-MM-DDTHH:mm:ss.SSSSSS",
        "D MMMM YYYY, h:mm:ss.SSSSSS A",
        "YYYY DDDD HHmmssSSSSSS",
        "ddd Do MMM YYYY HH:mm:ss.SSSSSS",
    ],
)
def test_what_was_written_is_read_back(pattern: str, moment: dt.datetime) -> None:
    assert parse_time(format_time(moment, pattern), pattern).replace(tzinfo=None) == moment


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("1700000000.5", "X"),
        ("1700000000", "x"),
        ("1700000000123", "x"),
        ("1700000000123456", "x"),
        ("2030-12-31 24:00", "YYYY-MM-DD HH:mm"),
        ("69 01", "YY MM"),
        ("2030-01-05T23:59:59.9999999", "YYYY-MM-DDTHH:mm:ss.S"),
        ("2030-01-05T10:11:12.1234565", "YYYY-MM-DDTHH:mm:ss.S"),
        ("2030-01-05T10:11:12.1234575", "YYYY-MM-DDTHH:mm:ss.S"),
        ("2030-W05", "W"),
        ("2030W053", "W"),
        ("2030-01-05 -03", "YYYY-MM-DD ZZ"),
        ("Saturday 05 2030 01", "dddd DD YYYY MM"),
        ("5th January 2030 at 10 pm", "Do MMMM YYYY [at] h a"),
    ],
)
def test_times_are_read_as_arrow_does(text: str, pattern: str) -> None:
    arrow = pytest.importorskip("arrow")
    expected = arrow.get(text, pattern).datetime
    found = parse_time(text, pattern)
    assert found.replace(tzinfo=found.tzinfo or dt.timezone.utc) == expected


def test_timestamps_have_no_fraction_in_old_profiles() -> None:
    assert TimeUtil("3.1").utcnow("X").isdigit()
    assert "." in TimeUtil("3.2").utcnow("X")


def test_time_zones_are_read() -> None:
    assert parse_time("2030-01-31 12:00 +02:00", "YYYY-MM-DD HH:mm ZZ").utcoffset() == dt.timedelta(hours=2)
    assert parse_time("2030-07-31 12:00 Europe/London", "YYYY-MM-DD HH:mm ZZZ").utcoffset() == dt.timedelta(hours=1)
    assert parse_time("1700000000", "X") == dt.datetime(2023, 11, 14, 22, 13, 20, tzinfo=dt.timezone.utc)
    assert parse_time("2026-W01-3", "W").date() == dt.date(2025, 12, 31)
    assert zone_from_name("local") is not None
    with pytest.raises(ValueError, match="no time zone `Nowhere/Town`"):
        zone_from_name("Nowhere/Town")


@pytest.mark.parametrize("text", ["soon", "2030-13-01", "2030-01-32", "2030-01-31 extra"])
def test_text_that_does_not_follow_the_format_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_time(text, "YYYY-MM-DD")


@pytest.mark.compat("3.8-defaults")
def test_default_formats_depend_on_the_profile() -> None:
    assert dt.datetime.strptime(TimeUtil("3.2").utcnow(), "%Y-%m-%dT%H:%M:%S")
    assert dt.datetime.strptime(TimeUtil("3.0").now(), "%Y-%m-%d %H:%M:%S")
    assert dt.date.fromisoformat(TimeUtil().today())


@pytest.mark.compat("3.8-days")
def test_days_lie_next_to_each_other() -> None:
    time = TimeUtil()
    assert time.one_day_from(time.yesterday(tz="UTC")) == time.today(tz="UTC")
    assert time.one_day_from(time.today(tz="UTC")) == time.tomorrow(tz="UTC")


@pytest.mark.compat("3.8-from")
def test_shifts_take_text_dates_and_objects() -> None:
    time = TimeUtil()
    assert time.one_day_from("2030-01-31") == "2030-02-01"
    assert time.one_day_from(dt.date(2030, 12, 31)) == "2031-01-01"
    assert time.one_hour_from(dt.datetime(2030, 1, 1, 23), "YYYY-MM-DD HH") == "2030-01-02 00"
    assert time.one_minute_from("2030-01-01T00:00:59", "HH:mm:ss") == "00:01:59"
    assert time.one_day_from(SimpleNamespace(datetime=dt.datetime(2030, 1, 1))) == "2030-01-02"


@pytest.mark.compat("3.8-utcnow")
def test_reformat_goes_from_one_format_to_another() -> None:
    assert TimeUtil().reformat("31/01/2030 17:05", "DD/MM/YYYY HH:mm", "MMM D, YYYY h:mm a") == "Jan 31, 2030 5:05 pm"


@pytest.mark.compat("3.8-objects")
def test_objects_are_arrows_if_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "arrow", None)
    assert isinstance(TimeUtil().now(needs_format=False), dt.datetime)
    monkeypatch.undo()
    arrow = pytest.importorskip("arrow")
    now = TimeUtil().utcnow(needs_format=False)
    assert isinstance(now, arrow.Arrow) and abs((arrow.utcnow() - now).total_seconds()) < 60


@pytest.mark.compat("3.8-days", "3.8-from")
def test_iso_times_have_microseconds() -> None:
    for text in (TimeUtil().isonow(), TimeUtil().isoutcnow()):
        assert dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f")
    assert abs(TimeUtil().utcnow_as_float() - dt.datetime.now().timestamp()) < 60
    assert datetime_from_ms(1000) == "1970-01-01T00:00:01"
    assert datetime_from_ms(1500, isoformat=False) == dt.datetime(1970, 1, 1, 0, 0, 1, 500000)


@pytest.mark.compat("3.8-kvdb")
def test_what_is_missing_for_formats_kept_in_a_key_value_database_is_named() -> None:
    with pytest.raises(MissingFeature, match="`date format kvdb:iso` needs Redis connections"):
        TimeUtil("2.0").utcnow("kvdb:iso")
