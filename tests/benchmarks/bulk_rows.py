"""Many rows at once: COPY on PostgreSQL, bulk_create elsewhere."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.db.models import Model

from events.models import User

BATCH = 2000


def insert(model: type[Model], rows: Sequence[dict[str, Any]]) -> None:
    """Write rows, each with the same names of columns, such as "ballot_id", to values.

    Columns that are not named get their default, the key the next number. Validation and signals are left out.
    """
    if connection.vendor != "postgresql" or not rows:
        model._base_manager.bulk_create([model(**row) for row in rows], batch_size=BATCH)
        return
    fields = [field for field in model._meta.concrete_fields if field.attname in rows[0] or not field.primary_key]
    empty = model()  # its fields say what bulk_create would write, the moment of an auto_now_add too
    defaults = {field.attname: field.get_db_prep_save(field.pre_save(empty, True), connection) for field in fields}
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(list((defaults | row).values()))


def accounts(people: Sequence[tuple[str, str]], *, joined: datetime | None = None) -> list[User]:
    """Accounts with a confirmed address and no usable password, by (e-mail, name); those that exist are taken up."""
    emails = [email for email, _name in people]
    known = set(User.objects.filter(email__in=emails).values_list("email", flat=True))
    own = {"password": make_password(None)} | ({"date_joined": joined} if joined else {})
    insert(User, [{"email": email, "name": name} | own for email, name in people if email not in known])
    users = {user.email: user for user in User.objects.filter(email__in=emails)}
    confirm([user.pk for user in users.values()])
    return [users[email] for email in emails]


def confirm(users: Sequence[int]) -> None:
    """Confirm the addresses of accounts that have none confirmed yet."""
    without = User.objects.filter(pk__in=users, emailaddress__isnull=True).order_by("pk")
    rows = [
        {"user_id": pk, "email": email, "verified": True, "primary": True}
        for pk, email in without.values_list("pk", "email")
    ]
    insert(EmailAddress, rows)
