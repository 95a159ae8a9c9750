"""Reports of one meeting on 22 July 2020 in Geneva, as six systems write them for people of eight languages.

Awa was there from 14:20:05 to 15:00:45, and again from 15:10:00 to 15:40:30; Bo, without an address, from 14:30:10 to 15:50:20.
"""

import io
from datetime import datetime, timedelta

from openpyxl import Workbook

AWA = ("Awa Diallo", "awa@example.org")
BO = ("Bo Lind", "")
FIRST, AGAIN, THROUGHOUT = (
    (datetime(2020, 7, 22, *began), datetime(2020, 7, 22, *ended))  # noqa: DTZ001  as systems write them
    for began, ended in (((14, 20, 5), (15, 0, 45)), ((15, 10), (15, 40, 30)), ((14, 30, 10), (15, 50, 20)))
)
STAYS = [(*AWA, *FIRST), (*AWA, *AGAIN), (*BO, *THROUGHOUT)]
TOGETHER = FIRST[1] - FIRST[0] + AGAIN[1] - AGAIN[0]
WHOLE = [(*AWA, FIRST[0], AGAIN[1], TOGETHER), (*BO, *THROUGHOUT, THROUGHOUT[1] - THROUGHOUT[0])]
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
MARK = "\u200f"

# How a moment, a time and a length (hours, minutes, seconds) are written; whether parted by semicolons; what columns are called:
# name, e-mail, joined, left, minutes, first joined, last left, length in the meeting, attended, yes, first name, last name.
SPELLINGS = {
    "en-US": (
        *("%m/%d/%Y %I:%M:%S %p", "%I:%M:%S %p", "{}h {}m {}s", ","),
        "Name (Original Name)|User Email|Join Time|Leave Time|Duration (Minutes)|First Join|Last Leave|In-Meeting Duration|Attended|Yes|First name|Last name",
    ),
    "en-GB": (
        *("%d/%m/%Y %H:%M:%S", "%H:%M:%S", "{} hrs {} mins {} secs", ","),
        "Name|Email address|Time joined|Time exited|Time in Session (minutes)|First Join|Last Leave|Duration|Attended|Yes|Given name|Surname",
    ),
    "de": (
        *("%d.%m.%y %H:%M:%S", "%H:%M:%S Uhr", "{} Std. {} Min. {} Sek.", ";"),
        "Name (Originalname)|Benutzer-E-Mail|Beitrittszeit|Verlassenszeit|Dauer (Minuten)|Erster Beitritt|Letztes Verlassen|Besprechungsdauer|Teilgenommen|Ja|Vorname|Nachname",
    ),
    "fr": (
        *("%d/%m/%Y %H:%M:%S", "%H:%M:%S", "{}\u202fh\u202f{}\u202fmin {}\u202fs", ";"),
        "Nom (nom d’origine)|Adresse e-mail de l’utilisateur|Heure d’arrivée|Heure de départ|Durée (minutes)|Première connexion|Dernier départ|Durée de la réunion|Présent|Oui|Prénom|Nom",
    ),
    "es": (
        *("%d/%m/%Y, %I:%M:%S\u00a0{half}", "%I:%M:%S\u00a0{half}", "{} h {} min {} s", ";"),
        "Nombre (nombre original)|Correo electrónico|Hora de entrada|Hora de salida|Duración (minutos)|Primera entrada|Última salida|Duración de la reunión|Asistió|Sí|Nombre|Apellidos",
    ),
    "ar": (
        *(f"%d{MARK}/%m{MARK}/%Y، %I:%M:%S {{half}}", "%I:%M:%S {half}", "{} ساعة و {} دقيقة و {} ثانية", ","),
        "الاسم (الاسم الأصلي)|البريد الإلكتروني|وقت الانضمام|وقت المغادرة|المدة (بالدقائق)|أول انضمام|آخر مغادرة|المدة في الاجتماع|حضر|نعم|الاسم الأول|اسم العائلة",
    ),
    "ru": (
        *("%d.%m.%Y %H:%M:%S", "%H:%M:%S", "{} ч {} мин {} с", ";"),
        "Имя (настоящее имя)|Адрес электронной почты|Время входа|Время выхода|Продолжительность (минуты)|Первое подключение|Последний выход|Длительность собрания|Присутствовал|Да|Имя|Фамилия",
    ),
    "zh": (
        *("%Y年%m月%d日 {half}%I:%M:%S", "{half}%I:%M:%S", "{}小时{}分钟{}秒", ","),
        "姓名（原名）|用户邮箱|加入时间|离开时间|时长（分钟）|首次加入|最后离开|会议时长|已参加|是|名字|姓氏",
    ),
}  # fmt: skip
HALVES = {"es": ("a.\u00a0m.", "p.\u00a0m."), "ar": ("ص", "م"), "zh": ("上午", "下午")}


class Writer:
    def __init__(self, language):
        self.language = language
        self.form, self.clock, self.length, self.delimiter, words = SPELLINGS[language]
        self.name, self.email, self.joined, self.left, self.minutes, self.first, self.last, self.meeting, *rest = (
            words.split("|")
        )
        self.attended, self.yes, self.given, self.family = rest

    def at(self, moment, form=None):
        half = HALVES.get(self.language, ("", ""))[moment.hour >= 12]
        return self._digits(moment.strftime(form or self.form).format(half=half))

    def lasted(self, length):
        seconds = int(length.total_seconds())
        return self._digits(self.length.format(seconds // 3600, seconds // 60 % 60, seconds % 60))

    def rounded(self, began, ended):
        return self._digits(str(-((began - ended) // timedelta(minutes=1))))

    def table(self, *rows):
        quoted = [[f'"{cell}"' if self.delimiter in cell else cell for cell in row] for row in rows]
        return "\n".join(self.delimiter.join(row) for row in quoted).encode("utf-8-sig")

    def _digits(self, text):
        return text.translate(ARABIC) if self.language == "ar" else text


def zoom(to):
    rows = [[*who, to.at(a), to.at(b), to.rounded(a, b), ""] for *who, a, b in STAYS]
    return to.table(
        ["ID", "Topic"], ["812 3456", "Data"], [], [to.name, to.email, to.joined, to.left, to.minutes, ""], *rows
    )


def webinar(to):
    rows = [[to.yes, *who, to.at(a), to.at(b), to.rounded(a, b)] for *who, a, b in STAYS]
    missing = [["", "Cy Ek", "cy@example.org", "--", "--", "--"]]
    return to.table(["Report"], [to.attended, to.name, to.email, to.joined, to.left, to.minutes], *rows, *missing)


def teams(to):
    summary = [[name, to.at(a), to.at(b), to.lasted(length), email] for name, email, a, b, length in WHOLE]
    listed = [[name, to.at(a), to.at(b), to.lasted(b - a)] for name, _email, a, b in STAYS]
    head, of_list = [to.name, to.first, to.last, to.meeting, to.email], [to.name, to.joined, to.left, to.meeting]
    to.delimiter = "\t"
    return to.table(["1. Summary"], [], head, *summary, [], of_list, *listed).decode("utf-8-sig").encode("utf-16")


def webex(to):
    rows = [
        [*who, to.at(a - timedelta(hours=1)), to.at(b - timedelta(hours=1)), to.lasted(b - a)] for *who, a, b in STAYS
    ]
    head = [to.name, to.email, f"{to.joined} (UTC+01:00)", f"{to.left} (UTC+01:00)", to.meeting]
    to.delimiter = ","
    return "\n".join(",".join(f'="{cell}"' for cell in row) for row in [head, *rows]).encode("utf-16")


def bigbluebutton(to):
    rows = [[name, "", to.at(a), to.at(b), f"{length}"] for name, _email, a, b, length in WHOLE]
    return to.table([to.name, "Moderator", to.joined, to.left, to.meeting], *rows)


def meet(to):
    rows = [
        [*name.split(), email, to.lasted(length), to.at(a, to.clock), to.at(b, to.clock)]
        for name, email, a, b, length in WHOLE
    ]
    return to.table([to.given, to.family, to.email, to.meeting, to.joined, to.left], *rows)


def workbook(to):
    book = Workbook()
    book.active.append([to.name, to.email, to.joined, to.left])
    for row in STAYS:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


SYSTEMS = [zoom, webinar, teams, webex, bigbluebutton, meet, workbook]
