"""A row that cannot be written: the database itself refuses it, in a real transaction, until it is healed."""

from contextlib import contextmanager

from django.db import connection

FUNCTION = """
CREATE FUNCTION refuse_poison() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'poisoned' USING ERRCODE = '{}'; END $$
"""


@contextmanager
def poisoned(model, column, value, *, on="INSERT", when="", code="P0001"):
    """Within it, no row of a model is written (`on`) in which a column has this value; `when`: a further condition; `code`: what the
    database says."""
    side = "OLD" if on == "DELETE" else "NEW"
    shown = f"'{value}'" if isinstance(value, str) else value
    table, rule = model._meta.db_table, f'{side}."{column}" = {shown}{when}'
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no trigger is made while some wait
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(FUNCTION.format(code))
        body = "EXECUTE FUNCTION refuse_poison()"
        cursor.execute(f"CREATE TRIGGER poison BEFORE {on} ON {table} FOR EACH ROW WHEN ({rule}) {body}")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(f"DROP TRIGGER poison ON {table}")
        cursor.execute("DROP FUNCTION refuse_poison()")
