"""Programmes in and out: frab XML and JSON, iCalendar, CSV and XLSX (docs/exchange.md).

`reading` makes a `Programme` out of the bytes of a file; `plan` compares it with a forum; `apply` does what the plan
says, all or nothing. `timetable` gathers what was released, and each format's `write` turns that into a file.
"""
