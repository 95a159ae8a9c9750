"""Programmes in and out: frab XML and JSON, iCalendar, CSV and XLSX (docs/exchange.md).

`readers.file_formats` makes a `Programme` out of the bytes of a file; `plan` sets what it says on the rows of a forum
and notes down what differs; `apply` saves them (`plan_writer`), all or nothing. `writers` turns what was released into
files.
"""
