"""Files of other systems, as the tests of the readers make them."""

from pathlib import Path

from events.exchange.readers import file_formats
from events.shared.tables.answers import Answers

CONGRESS = (Path(__file__).parents[1] / "data" / "congress.xml").read_bytes()


def read(data, forum=None, answers=None):
    return file_formats.read(data, forum=forum, answers=answers or Answers())


def told(programme):
    return [problem.text for problem in programme.problems]


def event(inside="", *, attributes="id='1'", title="Talk", start="2020-06-23T10:00:00+02:00", duration="01:00"):
    return (
        f"<event {attributes}><title>{title}</title><date>{start}</date><duration>{duration}</duration>{inside}</event>"
    )


def schedule(*events, conference="", day="<day date='2020-06-23'>"):
    body = "".join(events)
    return f"<schedule><conference>{conference}</conference>{day}<room name='R'>{body}</room></day></schedule>".encode()
