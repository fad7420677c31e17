"""Reading and writing times by the tokens of the Arrow library, which services use in formats.

The tokens are part of the contract (reference service-api 3.8), the library is not a dependency.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()  # noqa: SIM905
_LAST_SECOND = 253_402_318_799  # of the year 9999
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
_ORDINAL = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}

_TOKEN = re.compile(
    r"\[(?P<quoted>[^\]]*)\]|YYYY|YYY|YY|MMMM|MMM|MM|M|DDDD|DDD|DD|Do|D|dddd|ddd|dd|d|HH|H|hh|h|mm|m|ss|s|S+|ZZZ|ZZ|Z|a|A|X|x|W"
)


def format_time(moment: dt.datetime, pattern: str, *, whole_timestamps: bool = False) -> str:
    """Writes a time by a pattern, for instance `YYYY-MM-DD HH:mm:ss`; text in brackets is kept.

    Args:
        moment: The time.
        pattern: The pattern.
        whole_timestamps: Whether `X` is whole seconds, as with Arrow before 1.0, which 2.0-3.1 have.
    """

    def write(match: re.Match[str]) -> str:
        quoted = match.group("quoted")
        if quoted is not None:
            return quoted
        if whole_timestamps and match.group() == "X":
            return str((_aware(moment) - _EPOCH) // dt.timedelta(seconds=1))
        return _write(moment, match.group())

    return _TOKEN.sub(write, pattern)


_WRITERS: dict[str, Callable[[dt.datetime], str]] = {
    "YYYY": lambda moment: f"{moment.year:04d}",
    "YY": lambda moment: f"{moment.year % 100:02d}",
    "MMMM": lambda moment: _MONTHS[moment.month - 1],
    "MMM": lambda moment: _MONTHS[moment.month - 1][:3],
    "MM": lambda moment: f"{moment.month:02d}",
    "M": lambda moment: str(moment.month),
    "DDDD": lambda moment: f"{moment.timetuple().tm_yday:03d}",
    "DDD": lambda moment: str(moment.timetuple().tm_yday),
    "DD": lambda moment: f"{moment.day:02d}",
    "Do": lambda moment: f"{moment.day}{_ORDINAL.get(moment.day, 'th')}",
    "D": lambda moment: str(moment.day),
    "dddd": lambda moment: _DAYS[moment.weekday()],
    "ddd": lambda moment: _DAYS[moment.weekday()][:3],
    "d": lambda moment: str(moment.isoweekday()),
    "HH": lambda moment: f"{moment.hour:02d}",
    "H": lambda moment: str(moment.hour),
    "hh": lambda moment: f"{_hour_12(moment):02d}",
    "h": lambda moment: str(_hour_12(moment)),
    "mm": lambda moment: f"{moment.minute:02d}",
    "m": lambda moment: str(moment.minute),
    "ss": lambda moment: f"{moment.second:02d}",
    "s": lambda moment: str(moment.second),
    "ZZZ": lambda moment: moment.tzname() or "",
    "ZZ": lambda moment: _offset(moment, ":"),
    "Z": lambda moment: _offset(moment, ""),
    "a": lambda moment: "am" if moment.hour < 12 else "pm",
    "A": lambda moment: "AM" if moment.hour < 12 else "PM",
    "X": lambda moment: str(_aware(moment).timestamp()),
    "x": lambda moment: str((_aware(moment) - _EPOCH) // dt.timedelta(microseconds=1)),
    "W": lambda moment: "{}-W{:02d}-{}".format(*moment.isocalendar()),
    # Arrow takes them for tokens, and writes nothing.
    "YYY": lambda _: "",
    "dd": lambda _: "",
}


def _write(moment: dt.datetime, token: str) -> str:
    if token.startswith("S"):
        # Of more than six digits Arrow begins anew.
        digits = f"{moment.microsecond:06d}"
        return (digits * (len(token) // 6 + 1))[: len(token)]
    return _WRITERS[token](moment)


def _hour_12(moment: dt.datetime) -> int:
    return (moment.hour - 1) % 12 + 1


def _aware(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)


def _offset(moment: dt.datetime, separator: str) -> str:
    total = int((moment.utcoffset() or dt.timedelta()).total_seconds()) // 60
    sign = "-" if total < 0 else "+"
    hours, minutes = divmod(abs(total), 60)
    return f"{sign}{hours:02d}{separator}{minutes:02d}"


_READERS = {
    "YYYY": r"\d{4}",
    "YY": r"\d{2}",
    "MMMM": "|".join(_MONTHS),
    "MMM": "|".join(month[:3] for month in _MONTHS),
    "MM": r"\d{2}",
    "M": r"\d{1,2}",
    "DDDD": r"\d{3}",
    "DDD": r"\d{1,3}",
    "DD": r"\d{2}",
    "Do": r"\d{1,2}(?:st|nd|rd|th)",
    "D": r"\d{1,2}",
    "dddd": "|".join(_DAYS),
    "ddd": "|".join(day[:3] for day in _DAYS),
    "d": r"[1-7]",
    "HH": r"\d{2}",
    "H": r"\d{1,2}",
    "hh": r"\d{2}",
    "h": r"\d{1,2}",
    "mm": r"\d{2}",
    "m": r"\d{1,2}",
    "ss": r"\d{2}",
    "s": r"\d{1,2}",
    "ZZZ": r"[A-Za-z_+\-/]+[A-Za-z0-9_+\-/]*",
    "ZZ": r"Z|[+-]\d{2}(?::?\d{2})?",
    "Z": r"Z|[+-]\d{2}(?::?\d{2})?",
    "a": r"am|pm",
    "A": r"AM|PM",
    "X": r"-?\d+(?:\.\d+)?",
    "x": r"-?\d+",
    "W": r"\d{4}-?W\d{2}(?:-?\d)?",
    "YYY": "",
    "dd": "",
}


def parse_time(text: str, pattern: str) -> dt.datetime:
    """Reads a time by a pattern; without a time zone in the text the result has none either.

    Raises:
        ValueError: If the text does not follow the pattern, or is no point in time.
    """
    expression, tokens, position = "", [], 0
    for match in _TOKEN.finditer(pattern):
        expression += re.escape(pattern[position : match.start()])
        position = match.end()
        quoted = match.group("quoted")
        if quoted is not None:
            expression += re.escape(quoted)
            continue
        token = match.group()
        expression += f"({r'[0-9]+' if token.startswith('S') else _READERS[token]})"
        tokens.append(token)
    expression += re.escape(pattern[position:])
    found = re.fullmatch(expression, text.strip(), re.IGNORECASE)
    if found is None:
        raise ValueError(f"`{text}` does not follow the format `{pattern}`")
    return _assemble(dict(zip(tokens, found.groups(), strict=True)))


def _assemble(parts: dict[str, str]) -> dt.datetime:
    if "X" in parts:
        return _EPOCH + dt.timedelta(seconds=float(parts["X"]))
    if "x" in parts:
        number = int(parts["x"])
        # Arrow takes short numbers for milliseconds, and very short ones for seconds.
        scale = 1 if abs(number) > _LAST_SECOND * 1_000 else 1_000 if abs(number) > _LAST_SECOND else 1_000_000
        return _EPOCH + dt.timedelta(microseconds=number * scale)
    zone = _zone(parts)
    hour, minute, second = _hour(parts), _number(parts, "mm", "m"), _number(parts, "ss", "s")
    microsecond = _microsecond(parts)
    if "W" in parts:
        digits = re.sub(r"\D", "", parts["W"])
        date = dt.date.fromisocalendar(int(digits[:4]), int(digits[4:6]), int(digits[6:] or 1))
    else:
        date = _date(parts)
    # What rounding or the midnight at the end of a day carry over goes to the next second or day.
    carried = dt.timedelta(seconds=microsecond // 1_000_000)
    if (hour, minute, second, microsecond) == (24, 0, 0, 0):
        hour, carried = 0, dt.timedelta(days=1)
    read = dt.datetime(date.year, date.month, date.day, hour, minute, second, microsecond % 1_000_000, tzinfo=zone)
    return read + carried


def _date(parts: dict[str, str]) -> dt.date:
    year = _number(parts, "YYYY", default=1)
    if "YY" in parts:
        short = int(parts["YY"])
        year = 1900 + short if short > 68 else 2000 + short
    day_of_year = _number(parts, "DDDD", "DDD")
    if day_of_year:
        return dt.date(year, 1, 1) + dt.timedelta(days=day_of_year - 1)
    month = _number(parts, "MM", "M", default=1)
    name = parts.get("MMMM") or parts.get("MMM")
    if name:
        month = [month[:3].lower() for month in _MONTHS].index(name[:3].lower()) + 1
    ordinal = parts.get("Do")
    day = int(ordinal[:-2]) if ordinal else _number(parts, "DD", "D", default=1)
    return dt.date(year, month, day)


def _number(parts: dict[str, str], *tokens: str, default: int = 0) -> int:
    return next((int(parts[token]) for token in tokens if token in parts), default)


def _hour(parts: dict[str, str]) -> int:
    hour = _number(parts, "HH", "H", "hh", "h")
    half = (parts.get("a") or parts.get("A") or "").lower()
    if half == "pm" and hour < 12:
        return hour + 12
    return 0 if half == "am" and hour == 12 else hour


def _microsecond(parts: dict[str, str]) -> int:
    digits = next((text for token, text in parts.items() if token.startswith("S")), "")
    if not digits:
        return 0
    # The seventh digit decides about rounding, a five to the even neighbor.
    whole, seventh = int(digits[:6].ljust(6, "0")), int(digits[6:7] or 0)
    return whole + (seventh > 5 or (seventh == 5 and whole % 2 == 1))


def _zone(parts: dict[str, str]) -> dt.tzinfo | None:
    if "ZZZ" in parts:
        return zone_from_name(parts["ZZZ"])
    text = parts.get("ZZ") or parts.get("Z")
    return zone_from_name(text) if text else None


def zone_from_name(name: str | dt.tzinfo | None) -> dt.tzinfo | None:
    """Gives a time zone: `UTC`, `local`, an offset such as `+02:00`, or a name such as `Europe/London`.

    Raises:
        ValueError: If there is no such time zone.
    """
    if name is None or isinstance(name, dt.tzinfo):
        return name
    if name.upper() in ("UTC", "Z"):
        return dt.timezone.utc
    if name == "local":
        return dt.datetime.now().astimezone().tzinfo
    offset = re.fullmatch(r"([+-])(\d{2})(?::?(\d{2}))?", name)
    if offset:
        sign = -1 if offset[1] == "-" else 1
        return dt.timezone(sign * dt.timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0)))
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no time zone `{name}`") from None
