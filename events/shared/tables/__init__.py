"""Tables in and out. Workbooks are read and written here: the format of the library of tables is taken out, because it would
load openpyxl (18 MB) into every process, only to know that it is there.
"""

from tablib.formats import registry

registry._formats.pop("xlsx", None)
