"""Dates, times and lengths in every spelling. 07/04/2020 is July in one country and April in another: the table tells."""

import calendar
import re
import unicodedata
from collections.abc import Container, Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache, lru_cache

from django.utils import translation
from django.utils.dates import MONTHS, MONTHS_3, MONTHS_ALT, MONTHS_AP, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext_noop

from events.shared.tables.cells import fold

WRITTEN_IN = ("en", "fr", "ar", "de", "es", "ru", "pt", "it")  # languages in whose words dates are read
LINKS = "a al at de del el en la las le of on um г года в في الساعة tues weds thur thurs"  # beside the parts of a date
SLASHES = re.compile(r"(?<![\d/-])(\d{1,2})([/-])(\d{1,2})\2(\d{4}|\d{2})(?![\d/-])")
FIRST_DAYS = re.compile(r"^(?:1899-12-3\d|1900-01-0\d) ")  # what a workbook makes of a time without a date
UNCLEAR = gettext_noop(
    "It is not clear whether “%(text)s” begins with the day, the month or the year: write dates as 2020-07-22"
)
ISO_DURATION = re.compile(r"\+?P(?:(\d{1,3})W)?(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?")
MINUTES = re.compile(r"\d{1,5}(?:[.,]\d+)?")
LENGTH = re.compile(r"(\d{1,6}(?:[.,]\d+)?) ?([^\W\d_]*)\.?(?:[ ,]+|(?=\d)|$)")
PRIME = re.compile("['’′]")
AND = re.compile(r"(?<!\w)(?:and|et|y|und|e|и|و)(?!\w)|(?<= )و(?=\d)")
UNITS = {
    word: timedelta(**{unit: 1})
    for unit, words in {
        "days": "d day days jour jours j dia dias tag tage dag dagen gün dni день дня дней дн يوم ايام 天",
        "hours": "h hr hrs hour hours heure heures hora horas ora ore std stunde stunden u uur uren godz godzina godziny godzin oră sa saat год години שעה שעות ч час часа часов ساعة ساعات س "
        "小时 小時 時間 时 시간",
        "minutes": "m min mins minute minutes minuta minuto minutos minuti minuten minuut minuty minut dk dakika хв хвилин דק דקות мин минута минуты минут м دقيقة دقائق د "
        "分 分钟 分鐘 分間 분",
        "seconds": "s sec secs second seconds seconde secondes seg segundo segundos secondi sek sekunde sekunden sekund seconden sn saniye שניות "
        "с сек секунда секунды секунд ثانية ثوان ثواني ث 秒 秒钟 秒鐘 초",
    }.items()
    for word in map(fold, words.split())
}
CLOCK = re.compile(
    r"(\d{1,2})(?: ?[:.h] ?(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?: ?([ap]m)| ?(?:h|hs|hrs|uhr))?| ?(?:h|uhr)| ?([ap]m))",
    re.IGNORECASE,
)
CLOCK_INSIDE = re.compile(r"(?<![\d:.])\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[ap]m\b)?(?![\d:])", re.IGNORECASE)
HALVES = {  # of the day, in other spellings
    "am": re.compile(
        r"\ba\. ?m\.|(?<!\w)(?:ص|صباحا|ق\. ?ظ)(?!\w)\.?|上午|午前|凌晨|早上|오전|中午(?= ?11)|晚上(?= ?12)",
        re.IGNORECASE,
    ),
    "pm": re.compile(r"\bp\. ?m\.|(?<!\w)(?:م|مساء|ب\. ?ظ)(?!\w)\.?|下午|午後|中午|晚上|오후", re.IGNORECASE),
}
HALF_FIRST = re.compile(r"(?<![\d:] )(?<![\d:])([ap]m) ?(\d{1,2}(?::\d{2}){1,2})")
EAST_ASIAN = (  # 2026年10月19日, 2026. 10. 19., 10時30分05秒
    (re.compile(r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日号號일]?"), r"\1-\2-\3 "),
    (re.compile(r"(?<!\d)(\d{4})\. ?(\d{1,2})\. ?(\d{1,2})(?!\d)\.?"), r"\1-\2-\3 "),
    (re.compile(r"(\d{1,2}) ?[時时点點시](?! ?\d|[間间간])"), r"\1:00"),
    (re.compile(r"(\d{1,2}) ?[時时点點시] ?(\d{1,2}) ?[分분]?"), r"\1:\2"),
    (re.compile(r"(:\d{2}) ?(\d{1,2}) ?[秒초]"), r"\1:\2"),
)
MONTH = "|".join(calendar.month_name[1:])
DAY_INSIDE = re.compile(
    rf"(?<![\d–—-])(?:(\d{{1,2}}) ({MONTH})|({MONTH}) (\d{{1,2}}))(?!\d)(?:,? (\d{{4}}))?"
    r"|(?<![\d.–—-])(\d{1,2})\.(\d{1,2})(?:\.(\d{4}))?(?![\d.])"
)
LONGEST_DAY = 80  # characters
NEAR = timedelta(days=60)
WORD = re.compile(r"[^\W\d_]+\.?")
ORDINAL = re.compile(r"(\d)(?:st|nd|rd|th|er|o|\.)(?=[ ,]|$)")
BESIDE_LETTERS = re.compile(r"(?<=\d)[-/](?=[^\W\d_])|(?<=[^\W\d_])[-/](?=\d)")
DAY_FORMS = ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%Y/%m/%d", "%Y%m%d", "%d %B %Y", "%B %d, %Y", "%B %d %Y", "%Y %B %d")
OFFSET = r" ?([+-]\d{1,2})(?::?(\d{2}))?"
NAMED_ZONE = re.compile(rf"(?:\(|\b)(?:UTC|GMT)(?:{OFFSET})?(?:\)\D*)?$")
BARE_ZONE = re.compile(r"(?<=:\d\d) ([+-]\d\d):?(\d\d)$")


@lru_cache(maxsize=10_000)
def plain(text: str) -> str:
    """A date, time or length as it is read here: Latin digits and signs, single blanks, no marks of direction, halves of the day as
    am and pm, dates of East Asia with hyphens."""
    signs = unicodedata.normalize("NFKC", text).translate({0x2212: "-", 0x60C: ",", 0x66B: "."})
    text = "".join(
        str(unicodedata.decimal(sign)) if sign.isdecimal() else sign
        for sign in signs
        if unicodedata.category(sign) not in {"Cf", "Mn"}
    )
    for half, words in HALVES.items():
        text = words.sub(f" {half} ", text)
    for words, latin in EAST_ASIAN:
        text = words.sub(latin, text)
    return HALF_FIRST.sub(r"\2 \1", " ".join(text.split()))


# --- which order a table has ----------------------------------------------------------------------
DAY_FIRST, MONTH_FIRST, YEAR_FIRST = (4, 3, 1), (4, 1, 3), (1, 3, 4)  # where year, month and day stand
type Order = tuple[int, int, int]


class Dates:
    """Reads the dates of a table in the order that all of them allow. Where several do: in the one by which all of them lie in
    `days` (the first and the last that are expected), or one comes nearest to `near`; 20/06/22 is in 2020 then where that is so.
    `unclear`: one of them, where it is not clear."""

    def __init__(
        self, cells: Iterable[str], *, days: tuple[date, date] | None = None, near: date | None = None
    ) -> None:
        found = [match for cell in cells if (match := SLASHES.search(plain(cell)))]
        known = (DAY_FIRST, MONTH_FIRST, YEAR_FIRST)
        real = [one for one in found if any(_date(one, order) for order in known)]
        by_order = {order: [_date(one, order) for one in real] for order in known}
        by_order = {order: read for order, read in by_order.items() if None not in read}
        if days and len(by_order) > 1:
            within = {
                order: read for order, read in by_order.items() if all(days[0] <= one <= days[1] for one in read if one)
            }
            by_order = within if len(within) == 1 else by_order
        if near and real:
            far = {order: min(abs(one - near) for one in read if one) for order, read in by_order.items()}
            by_order = {order: read for order, read in by_order.items() if far[order] == min(far.values())}
        self.order = next(iter(by_order), DAY_FIRST)
        self.unclear = real[0][0] if real and len({tuple(read) for read in by_order.values()}) != 1 else ""

    def read(self, cell: str) -> str:
        """A cell with its date in ISO form; as it is where that is not clear. A time alone loses a workbook's first day."""
        text = plain(cell)
        match = SLASHES.search(text)
        if match and not self.unclear and (found := _date(match, self.order)):
            return f"{text[: match.start()]}{found.isoformat()}{text[match.end() :]}"
        return FIRST_DAYS.sub("", text)


def _date(match: re.Match[str], order: Order) -> date | None:
    year, month, day = (match[place] for place in order)
    if len(year) == 1 or (len(match[4]) == 2 and match[2] == "-"):  # 22-06-20 may be anything
        return None
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:  # the 30th of February
        return None


# --- lengths --------------------------------------------------------------------------------------
def duration(text: str, *, unit: timedelta = timedelta(minutes=1)) -> timedelta | None:
    """A length: 01:30, 45:30 (minutes, for no day has 45 hours), 1:00:30 with seconds, 2:00:00:00 with days, PT90M, “1 h 5 min”,
    “1,5 h”, “1 Std. 5 Min.”, “45'”, or a number of `unit`."""
    text = plain(text)
    if MINUTES.fullmatch(text):
        return float(text.replace(",", ".")) * unit
    if len(text) > 1 and (iso := ISO_DURATION.fullmatch(text)):
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    parts = text.split(":")
    if not 2 <= len(parts) <= 4 or not all(p.isascii() and p.isdigit() and len(p) < 5 for p in parts):
        return _in_words(text)
    numbers = [int(part) for part in parts]
    if len(numbers) == 4:
        days, hours, minutes, seconds = numbers
    elif len(numbers) == 2 and numbers[0] > 23:
        days, hours, (minutes, seconds) = 0, 0, numbers
    else:
        days, (hours, minutes, seconds) = 0, [*numbers, 0][:3]
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _in_words(text: str) -> timedelta | None:
    """“1 h 5 min”, “1h05”: a number without a unit is of the next smaller one."""
    text = " ".join(AND.sub(" ", PRIME.sub(" min ", text)).split())
    smaller = {UNITS["h"]: UNITS["m"], UNITS["m"]: UNITS["s"]}
    found, unit = timedelta(), None
    for number, word in LENGTH.findall(text):
        unit = UNITS.get(fold(word)) if word else unit and smaller.get(unit)
        if unit is None:
            return None
        found += float(number.replace(",", ".")) * unit
    return found if unit and not LENGTH.sub("", text) else None


# --- dates and times ------------------------------------------------------------------------------
def clock(text: str) -> time | None:
    """A time of day: 9:05, 21.30, 21:30:00, 9:30 pm, 9 p. m., 下午9:30, 14h, 14 h 30, 14.30 Uhr."""
    found = CLOCK.fullmatch(plain(text))
    if not found:
        return None
    hour, minute, second, half, bare_half = found.groups()
    hours, half = int(hour), (half or bare_half or "").lower()
    if half == "am" and hours > 12:
        return None
    if half:
        hours = hours % 12 + (12 if half == "pm" else 0)
    try:
        return time(hours, int(minute or 0), int(second or 0))
    except ValueError:
        return None


def day(text: str) -> date | None:
    """A date: 2020-07-22, 22.07.2020, 22.07.20, 2020/07/22, 22 July 2020, lundi 22 juillet 2020, 2020年7月22日."""
    text = _english(text)
    first, _blank, others = text.partition(" ")
    for one in (text, others if first in calendar.month_name else ""):  # “mar.” is mardi and mars
        for form in DAY_FORMS:
            try:
                found = datetime.strptime(one, form)  # noqa: DTZ007  a date has no zone
            except ValueError:
                continue
            return found.date() if 1990 <= found.year <= 2100 else None
    return None


def _english(text: str) -> str:
    text = WORD.sub(_in_english, BESIDE_LETTERS.sub(" ", ORDINAL.sub(r"\1", plain(text))))
    return " ".join(text.replace(" ,", ",").split()).strip(",. ")


def day_of_row(text: str, *, near: date | None) -> tuple[date | None, bool] | None:
    """The day for which a cell stands by itself: “Day 2: Tuesday 20 October” is that of the year in which it is within two months of
    `near`, and on a Tuesday; no date where it is not clear. And whether it says something else. None for what is no day."""
    if len(text) > LONGEST_DAY or clock(text):
        return None
    english = _english(text)
    found = list(DAY_INSIDE.finditer(english))
    parts = re.findall(r"\d+|[^\W\d_]+", DAY_INSIDE.sub(" ", english).casefold())
    is_day = [UNITS.get(fold(part)) == timedelta(days=1) for part in parts]
    count = next((n for n, part in enumerate(parts) if part.isdigit() and any(is_day[max(0, n - 1) : n + 2])), None)
    rest = [part for n, part in enumerate(parts) if n != count and not is_day[n] and part != "第"]
    weekdays = {number for word in WORD.findall(plain(text)) for number in _weekdays().get(fold(word), ())}
    if rest and any(one[6] and not one[8] for one in found):  # “1.2 Networks”
        return None
    if len(found) == 1 and not any(part.isdigit() for part in rest):
        return _fitting(found[0], near=near, weekdays=weekdays), bool(rest)
    has_month = any(map(str.isdigit, english)) and bool(re.search(rf"\b(?:{MONTH})\b", english))
    is_day_alone = bool(weekdays) and not rest
    return (None, bool(rest)) if has_month or is_day_alone or (count is not None and count < 3) else None


def _fitting(match: re.Match[str], *, near: date | None, weekdays: Container[int]) -> date | None:
    first, month, other_month, second, year, by_dots, month_by_dots, year_by_dots = match.groups()
    name, told = month or other_month, year or year_by_dots
    number = list(calendar.month_name).index(name) if name else int(month_by_dots)
    years = [int(told)] if told else [near.year + n for n in (-1, 0, 1)] if near else []
    for one in years:
        with suppress(ValueError):  # the 30th of February
            found = date(one, number, int(first or second or by_dots))
            is_near = bool(told) or abs(found - near) <= NEAR  # type: ignore[operator]  # there is one where no year is told
            if is_near and (not weekdays or found.weekday() in weekdays):
                return found
    return None


@cache
def _weekdays() -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for code in WRITTEN_IN:
        with translation.override(code):
            for number, name in WEEKDAYS.items():
                found.setdefault(fold(str(name)), set()).add(number)
    return found


def day_alone(text: str) -> date | None:
    """The date of a cell that names no time, or midnight, which is what a workbook makes of a date."""
    found = moment(text)
    return day(text) or (found.date() if found and found.time() == time() else None)


@cache
def _words() -> dict[str, str]:
    """The names of months in all these languages with the English ones; those of days of the week mean nothing."""
    found: dict[str, str] = {fold(word): "" for word in LINKS.split()}
    for code in WRITTEN_IN:
        with translation.override(code):
            found |= {fold(str(name)): "" for names in (WEEKDAYS, WEEKDAYS_ABBR) for name in names.values()}
    for code in WRITTEN_IN:
        with translation.override(code):
            for names in (MONTHS_3, MONTHS_AP, MONTHS_ALT, MONTHS):
                found |= {fold(str(name)): calendar.month_name[number] for number, name in names.items()}
    return found


def _in_english(word: re.Match[str]) -> str:
    return _words().get(fold(word[0]), word[0])


def zone(text: str) -> tuple[str, tzinfo | None]:
    """What a cell or a header says without the zone at its end, and that zone: “10:00 (UTC+01:00) Paris”, “GMT+2”, “+0200”."""
    text = plain(text)
    found = NAMED_ZONE.search(text) or BARE_ZONE.search(text)
    if not found:
        return text, None
    hours, minutes = (int(part or 0) for part in found.groups())
    if abs(hours) > 14 or minutes > 59:
        return text, None
    offset = timedelta(hours=abs(hours), minutes=minutes)
    is_west = (found[1] or "").startswith("-")
    return text[: found.start()].strip(), timezone(-offset if is_west else offset) if offset else UTC


@lru_cache(maxsize=50_000)
def moment(text: str) -> datetime | None:
    """A date with a time, aware or naive as it stands there; None for anything else, and outside 1990 to 2100."""
    text = plain(text)
    try:
        found = datetime.fromisoformat(text) if len(text) > 10 else None
    except ValueError:
        found = _loose(text)
    return found.replace(microsecond=0) if found and 1990 <= found.year <= 2100 else None


def _loose(text: str) -> datetime | None:
    """“22.07.2020 14:00”, “2020-07-22 2:00 pm”, “14:00, 22 July 2020 (UTC+02:00)”."""
    text, of = zone(text)
    splits = [words for count in (1, 2, 3) if len(words := text.rsplit(maxsplit=count)) == count + 1]
    pairs = [(words[0], " ".join(words[1:])) for words in splits]
    if inside := CLOCK_INSIDE.search(text):
        pairs.insert(0, (f"{text[: inside.start()]} {text[inside.end() :]}", inside[0]))
    for before, after in pairs:
        if (hours := clock(after)) and (date_part := day(before)):
            return datetime.combine(date_part, hours, tzinfo=of)
    return None
