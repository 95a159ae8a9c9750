"""Dates, times and lengths in every spelling. 07/04/2020 is July in one country and April in another: the table tells."""

import calendar
import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from gettext import GNUTranslations
from pathlib import Path
from typing import NamedTuple

import django
from django.utils import translation
from django.utils.dates import MONTHS, MONTHS_3, MONTHS_ALT, MONTHS_AP, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext_noop

from events.shared.tables.cells import fold

CATALOGUES = Path(django.__file__).parent / "conf" / "locale"  # Django's: the words of dates in a hundred languages
FIRST = ("en", "fr", "ar", "de", "es", "ru", "pt", "it")  # whose words are meant where another language has them too
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
EAST_ASIAN_DAY = re.compile(r"(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日号號일]")  # of no year
DAY_INSIDE = (
    re.compile(r"(?<!\d)(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?!\d)"),
    re.compile(rf"(?<![\d–—-])(?P<day>\d{{1,2}}) (?P<name>{MONTH})(?!\w)(?:,? (?P<year>\d{{4}}))?"),
    re.compile(rf"(?P<name>{MONTH}) (?P<day>\d{{1,2}})(?![\d–—-])(?:,? (?P<year>\d{{4}}))?"),
    re.compile(
        r"(?<![\d./–—-])(?P<day>\d{1,2})(?P<sign>[./])(?P<month>\d{1,2})(?:(?P=sign)(?P<year>\d{4})?)?(?![\d./–—-])"
    ),
)
LONGEST_DAY = 80  # characters
NEAR = timedelta(days=60)
WORD = re.compile(r"(?:[^\W\d_]|[\u0900-\u109f])+\.?")  # marks of South Asia stand inside words
ORDINAL = re.compile(r"(\d)(?:st|nd|rd|th|er|o|\.)(?=[ ,]|$)")
BESIDE_LETTERS = re.compile(r"(?<=\d)[-/](?=[^\W\d_])|(?<=[^\W\d_])[-/](?=\d)")
DAY_FORMS = (
    *("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%Y/%m/%d", "%Y%m%d"),
    *("%d %B %Y", "%B %d, %Y", "%B %d %Y", "%Y %B %d", "%Y %d %B"),
)
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
    text = EAST_ASIAN_DAY.sub(lambda found: f" {found[2]} {calendar.month_name[int(found[1]) % 13]} ", plain(text))
    text = BESIDE_LETTERS.sub(" ", ORDINAL.sub(r"\1", text))
    words = _words()
    text = words.phrases.sub(lambda found: words.meaning(found[0]), text)
    months = {meant for word in WORD.findall(text) if (meant := words.meaning(word)) in calendar.month_name}
    has_several = len(months) > 1  # “mar.” is mardi and mars

    def in_english(found: re.Match[str]) -> str:
        return "" if has_several and _key(found[0]) in words.weekdays else words.meaning(found[0])

    return " ".join(WORD.sub(in_english, text).replace(" ,", ",").split()).strip(",. ")


class DayInside(NamedTuple):
    """What a text says of a day: those that it may be, whether it says something else, and whether it leaves the year open."""

    days: list[date]
    has_rest: bool
    lacks_year: bool


def day_inside(text: str, *, near: date | None = None, year: int | None = None) -> DayInside | None:
    """The day in “Day 2: Tuesday 20 October”: without a year it is of `year`, or of the one in which it is within two months of `near`. It is
    on the day of the week that stands there. None for what says nothing of a day."""
    if len(text) > LONGEST_DAY or clock(text):
        return None
    english = _english(text)
    found = [match for form in DAY_INSIDE for match in form.finditer(english)]
    bare = english.replace(found[0][0], " ") if found else english
    parts = re.findall(r"\d+|[^\W\d_]+", bare.casefold())
    is_day = [UNITS.get(fold(part)) == timedelta(days=1) for part in parts]
    count = next((n for n, part in enumerate(parts) if part.isdigit() and any(is_day[max(0, n - 1) : n + 2])), None)
    rest = [part for n, part in enumerate(parts) if n != count and not is_day[n] and part != "第"]
    weekdays = _weekdays(text, english, shortest=3 if rest else 1)
    has_month = any(map(str.isdigit, bare)) and any(name in bare.split() for name in calendar.month_name[1:])
    if not (found or (weekdays and not rest) or any(is_day) or has_month):
        return None
    match = found[0] if len(found) == 1 and not any(map(str.isdigit, rest)) else None
    parts_of_day = match.groupdict() if match else {}
    if not match or (rest and parts_of_day.get("sign") and not match["year"]):  # “1.2 Networks”
        return DayInside([], bool(rest), lacks_year=False)
    days = _days(parts_of_day, near=near, year=year)
    return DayInside(
        [one for one in days if not weekdays or one.weekday() in weekdays], bool(rest), lacks_year=not match["year"]
    )


def _weekdays(text: str, english: str, *, shortest: int) -> set[int]:
    """The days of the week that a text names, but for words that mean a month in it, or are shorter."""
    words = _words()
    named = [word for word in WORD.findall(plain(text)) if words.meaning(word) not in english.split()]
    named = [word for word in named if len(_key(word)) >= shortest]
    phrases = words.phrases.findall(plain(text))
    return {number for word in (*named, *phrases) for number in words.weekdays.get(_key(word), ())}


def _days(parts: dict[str, str | None], *, near: date | None, year: int | None) -> list[date]:
    """The days of a match of DAY_INSIDE: two, perhaps, by “10/11”."""
    name, told = parts.get("name"), int(parts["year"] or 0) or year
    first, second = int(parts["day"] or 0), int(parts.get("month") or 0) or list(calendar.month_name).index(name or "")
    orders = {(second, first), (first, second)} if parts.get("sign") == "/" else {(second, first)}
    years = [told] if told else [near.year + n for n in (-1, 0, 1)] if near else []
    found = []
    for one in years:
        for month, number in orders:
            with suppress(ValueError):  # the 30th of February
                found.append(date(one, month, number))
    return sorted(
        one for one in found if 1990 <= one.year <= 2100 and (told or (near is not None and abs(one - near) <= NEAR))
    )


def day_alone(text: str) -> date | None:
    """The date of a cell that names no time, or midnight, which is what a workbook makes of a date."""
    found = moment(text)
    return day(text) or (found.date() if found and found.time() == time() else None)


def _key(word: str) -> str:
    return fold(word).replace("ı", "i")  # capitals of Turkish that others have made small


class _Words(NamedTuple):
    """What words beside the number of a day mean: `months` in English, "" for nothing; `phrases`: those of several words."""

    months: dict[str, str]
    weekdays: dict[str, set[int]]
    phrases: re.Pattern[str]

    def meaning(self, word: str) -> str:
        key = _key(word)
        return self.months.get(key, "" if key in self.weekdays else word)


@cache
def _words() -> _Words:
    """The words of Django's own catalogues. What is one month here and another there is none."""
    names = sorted(CATALOGUES.glob("*/LC_MESSAGES/django.mo"), key=lambda path: path.parts[-3] not in FIRST)
    months, weekdays = {_key(word): "" for word in LINKS.split()}, dict[str, set[int]]()
    told, phrases = dict[str, set[str]](), set[str]()
    for path in names:
        with path.open("rb") as file, translation.override("en"):
            for word, month, weekday in _named(GNUTranslations(file)):
                key = _key(plain(word))
                if " " in word:
                    phrases.add(plain(word))
                if month and path.parts[-3] in FIRST:
                    months.setdefault(key, calendar.month_name[month])
                elif month:
                    told.setdefault(key, set()).add(calendar.month_name[month])
                else:
                    weekdays.setdefault(key, set()).add(weekday)
    months |= {key: min(meant) for key, meant in told.items() if len(meant) == 1 and key not in months}
    months |= dict.fromkeys((key for key, meant in told.items() if len(meant) > 1 and key not in months), "?")
    longest_first = sorted(phrases, key=len, reverse=True)
    return _Words(
        months, weekdays, re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
    )


def _named(catalogue: GNUTranslations) -> Iterable[tuple[str, int, int]]:
    """The names in a language: of months (1 to 12, in their forms), else of days of the week."""
    for number, name in MONTHS.items():
        for word in (
            catalogue.gettext(str(name)),
            catalogue.gettext(str(MONTHS_3[number])),
            catalogue.pgettext("alt. month", str(MONTHS_ALT[number])),
            catalogue.pgettext("abbrev. month", str(MONTHS_AP[number])),
        ):
            yield word, number, 0
    for number, name in WEEKDAYS.items():
        yield from ((catalogue.gettext(str(one)), 0, number) for one in (name, WEEKDAYS_ABBR[number]))


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
