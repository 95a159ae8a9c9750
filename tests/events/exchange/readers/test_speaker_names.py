"""Texts that name several people, and what commas mean in them."""

import pytest

from events.exchange.readers.records import Programme, Talk
from events.exchange.readers.speaker_names import SpeakerNames
from events.shared.tables.answers import Answers

RADIA, JOHN = "Conway, Radia (Example Org)", "Wirth, John (Example Org)"


def read(*texts, names=None):
    """The people that the texts of one file name, and its questions."""
    programme = Programme()
    programme.told_people = [(Talk(where=f"row {n}", title=str(n)), {"": text}) for n, text in enumerate(texts)]
    SpeakerNames(programme, answers=Answers(names=names or {}))
    return programme, [talk.persons for talk, _text in programme.told_people]


def names(text, *others):
    found = read(text, *others)[1][0]
    return None if found is None else [person.name for person in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{RADIA}, {JOHN}", ["Radia Conway", "John Wirth"]),
        ("Dr. Conway, Radia (ITU), van der Wirth, John (UN)", ["Dr. Radia Conway", "John van der Wirth"]),
        ("Garcia Marquez, Gabriel (ITU), Wirth, John (UN)", ["Gabriel Garcia Marquez", "John Wirth"]),
        ("Conway, Radia (ITU), Madonna (UN)", ["Radia Conway", "Madonna"]),
        ("Radia Conway, John Wirth", ["Radia Conway", "John Wirth"]),
        ("Radia Conway (ITU), John Wirth (UN, Geneva)", ["Radia Conway", "John Wirth"]),
        ("Radia Conway – ITU, John Wirth – UN", ["Radia Conway", "John Wirth"]),
        ("Radia Conway, John Wirth and Ada King", ["Radia Conway", "John Wirth", "Ada King"]),
        ("Radia Conway & John Wirth", ["Radia Conway", "John Wirth"]),
        ("Radia Conway et John Wirth", ["Radia Conway", "John Wirth"]),
        ("Radia Conway und John Wirth", ["Radia Conway", "John Wirth"]),
        ("Radia Conway / John Wirth", ["Radia Conway", "John Wirth"]),
        ("Conway, Radia and Wirth, John and King, Ada", ["Radia Conway", "John Wirth", "Ada King"]),
        ("CONWAY, Radia, WIRTH, John", ["Radia CONWAY", "John WIRTH"]),
        ("Conway, Radia; Wirth, John", ["Radia Conway", "John Wirth"]),
        ("Radia Conway, Director; John Wirth, ITU", ["Radia Conway", "John Wirth"]),
        ("John King, Jr., Radia Conway, PhD", ["John King Jr.", "Radia Conway PhD"]),
        ("John King, Jr. (UN), Radia Conway, PhD – ITU", ["John King Jr.", "Radia Conway PhD"]),
        ("José Ortega y Gasset", ["José Ortega y Gasset"]),
        ("أحمد علي؛ فاطمة حسن", ["أحمد علي", "فاطمة حسن"]),
        ("أحمد علي، فاطمة حسن", ["أحمد علي", "فاطمة حسن"]),
        ("张三、李四", ["张三", "李四"]),
        ("张三，李四", ["张三", "李四"]),
        ("田中太郎（東京大学）、鈴木花子", ["田中太郎", "鈴木花子"]),
        ("Ada (moderator); Ada", ["Ada"]),
        ("To be announced", []),
    ],
)
def test_texts_that_say_who_speaks(text, found):
    programme, _people = read(text)

    assert (names(text), programme.questions) == (found, [])


@pytest.mark.parametrize(
    "text",
    [
        "Smith, John, Doe, Jane",
        "Smith, John",
        "Ada, Grace",
        "Ada, Grace, Radia",
        "Smith, John, Madonna (ITU)",
        "Radia Conway, Minister, John Wirth, Minister",
        "Radia and John",
        "Ministry of Health and Welfare",
        "Radia Conway, Example Org; John Wirth",
        "Radia Conway, Google (Geneva)",
        "Ada King, Kenya (Ministry of ICT)",
        "Maria da Costa e Silva Santos",
        "Ramón y Cajal Santiago",
        "Ana Pérez y Juan Gómez",
        "Ada, Grace (moderator)",
        "أحمد، علي",
    ],
)
def test_texts_that_may_mean_several_things_are_asked_about_and_never_glued(text):
    programme, people = read(text)

    assert (people, len(programme.questions)) == ([None], 1)
    for answer, _words in programme.questions[0].choices:
        answered, found = read(text, names={programme.questions[0].key: answer})
        assert (found[0] is None, [one.answer for one in answered.questions]) == (False, [answer])


def test_answers_say_who_they_are_then():
    (question,) = read("Smith, John, Doe, Jane")[0].questions

    assert dict(question.choices) | {"leave": ""} == dict(question.choices) | {
        "22": "John Smith; Jane Doe",
        "1111": "Smith; John; Doe; Jane",
        "first": "Smith (John, Doe, Jane)",
        "leave": "",
    }
    assert question.label == "speakers"


def test_and_that_may_stand_within_a_name_is_kept_there():
    (question,) = read("Maria da Costa e Silva Santos (ANATEL)")[0].questions

    assert list(dict(question.choices).items())[:2] == [
        ("11", "Maria da Costa; Silva Santos (ANATEL)"),
        ("2", "Maria da Costa e Silva Santos (ANATEL)"),
    ]


@pytest.mark.parametrize(
    ("text", "others", "found"),
    [
        ("Smith, John", [f"{RADIA}, {JOHN}"], ["John Smith"]),
        ("Garcia Marquez, Gabriel Jose (UN)", [f"{RADIA}, {JOHN}"], ["Gabriel Jose Garcia Marquez"]),
        ("Radia Conway, Madonna", ["Ada King, John Wirth"], None),  # or Google
        ("Radia Conway, John Wirth", [f"{RADIA}, {JOHN}"], None),  # a file that has both
        ("Smith, John", [f"{RADIA}, {JOHN}", "Ada King, John Wirth"], None),
        ("Smith, John", ["Ada King, John Wirth"], None),
    ],
)
def test_commas_mean_in_a_whole_file_what_they_surely_mean_in_one_place(text, others, found):
    assert names(text, *others) == found


def test_one_answer_is_enough_for_a_file_of_many():
    texts = [f"Smith, Ada{n}, Doe, Eve{n}" for n in range(30)]
    programme, _people = read(*texts, "Radia, Ada, Eve")
    (question,) = programme.questions

    answered, people = read(*texts, "Radia, Ada, Eve", names={question.key: "pairs"})
    each, nobody = read(*texts, names={question.key: "each"})

    assert question.label == "all such speakers, as in"
    assert [[person.name for person in found] for found in people[:-1]] == [
        [f"Ada{n} Smith", f"Eve{n} Doe"] for n in range(30)
    ]
    assert (people[-1], [one.text for one in answered.questions]) == (None, [question.text, "Radia, Ada, Eve"])
    assert (len(each.questions), set(map(str, nobody))) == (31, {"None"})


def test_what_stands_in_brackets_is_kept():
    people = read("Conway, Radia (ITU), Wirth, John (Head, Posts); King, Ada (moderator); Eve Low (Director)")[1][0]

    assert [(one.name, one.affiliation, one.position, one.role) for one in people] == [
        ("Radia Conway", "ITU", "", ""),
        ("John Wirth", "", "Head, Posts", ""),
        ("Ada King", "", "", "moderator"),
        ("Eve Low", "", "Director", ""),
    ]


def test_names_of_several_are_one_person_each():
    people = read(["Lovelace, Ada", "Bob", "Conway, Radia (ITU)", "Low, Eve, Director"])[1][0]

    assert people is None or [one.name for one in people] == ["Ada Lovelace", "Bob", "Radia Conway", "Eve Low"]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("María José García y López (UPM)", "Juan Pérez y Ana Gómez"),
        ("João Costa e Silva (ANATEL)", "Ana Ruiz e Pedro Lima"),
        ("José Ortega y Gasset – UPM", "Juan Pérez y Ana Gómez"),
    ],
)
def test_what_stands_behind_a_name_is_no_last_name(text, other):
    assert len(names(text, other)) == 1
