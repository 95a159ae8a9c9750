"""Many rows at once: COPY on PostgreSQL, bulk_create elsewhere."""

from collections.abc import Iterable, Sequence
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.db.models import Field, JSONField, Max, Model
from psycopg.types.json import Jsonb

from events.models import User

BATCH = 2000


def _missing(model: type[Model], *, names: Sequence[str]) -> "list[Field[Any, Any]]":
    """The columns that the rows leave out and the database does not fill by itself."""
    key = model._meta.pk
    return [f for f in model._meta.concrete_fields if f.attname not in names and f is not key]


def _documents(model: type[Model]) -> set[str]:
    return {field.attname for field in model._meta.concrete_fields if isinstance(field, JSONField)}


def insert(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows, each with its values in the order of `names` (names of columns such as "ballot_id").

    Columns that are not named get their default, the key the next number. Validation and signals are left out.
    `rows` must ask nothing of the database: on PostgreSQL they are sent while they are made.
    """
    if connection.vendor != "postgresql":
        model._base_manager.bulk_create([model(**dict(zip(names, row, strict=True))) for row in rows], batch_size=BATCH)
        return
    missing = _missing(model, names=names)
    rest = tuple(field.get_db_prep_save(field.get_default(), connection) for field in missing)
    by_name = {field.attname: field.column for field in model._meta.concrete_fields}
    columns = [by_name[name] for name in names] + [field.column for field in missing]
    quote = connection.ops.quote_name
    sql = f"COPY {quote(model._meta.db_table)} ({', '.join(quote(str(column)) for column in columns)}) FROM STDIN"
    # A list is an array to COPY: what a column keeps as JSON has to say so.
    documents = [place for place, name in enumerate(names) if name in _documents(model)]
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        for row in rows:
            values = [*row, *rest]
            for place in documents:
                values[place] = Jsonb(values[place])
            copy.write_row(values)


def reserve(model: type[Model], count: int) -> int:
    """Set `count` keys of a table aside for rows that name theirs; return the first."""
    if connection.vendor != "postgresql":
        return (model._base_manager.aggregate(last=Max("pk"))["last"] or 0) + 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [model._meta.db_table])
        (sequence,) = cursor.fetchone()
        cursor.execute("SELECT setval(%s, nextval(%s) + %s)", [sequence, sequence, max(count, 1) - 1])
        (last,) = cursor.fetchone()
    return int(last) - max(count, 1) + 1


def accounts(people: Sequence[tuple[str, str]]) -> list[User]:
    """Accounts with a confirmed address and no usable password, by (e-mail, name); those that exist are taken up."""
    emails = [email for email, _name in people]
    known = {user.email for user in User.objects.filter(email__in=emails)}
    User.objects.bulk_create(
        [User(email=email, name=name, password=make_password(None)) for email, name in people if email not in known],
        batch_size=BATCH,
    )
    users = {user.email: user for user in User.objects.filter(email__in=emails)}
    fresh = [users[email] for email in emails if email not in known]
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in fresh], batch_size=BATCH
    )
    return [users[email] for email in emails]


def confirm(users: Sequence[int]) -> None:
    """Confirm the addresses of accounts that have none confirmed yet."""
    known = set(EmailAddress.objects.filter(user__in=users).values_list("user_id", flat=True))
    rows = User.objects.filter(pk__in=[pk for pk in users if pk not in known]).values_list("pk", "email")
    insert(EmailAddress, ["user_id", "email", "verified", "primary"], [(pk, email, True, True) for pk, email in rows])
