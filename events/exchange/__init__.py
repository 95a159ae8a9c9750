"""Programmes in and out: frab XML and JSON, iCalendar, CSV and XLSX (docs/exchange.md).

`readers.file_formats` makes a `Programme` out of the bytes of a file; `plan` compares it with a forum; `apply` does what
the plan says (`plan_writer`), all or nothing. `writers` turns what was released into files.
"""
