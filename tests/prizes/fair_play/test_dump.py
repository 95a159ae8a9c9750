"""What a dump of the database tells: before the close no network, after it neither a network nor who cast which vote.

Each search is tried where it must succeed as well (with the key, before the close): else it would prove nothing.
"""

import csv
import hashlib
import hmac
import io
import ipaddress
import logging
import os
import re
import shutil
import subprocess
import zipfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import correlation
from types import SimpleNamespace

import pytest
from django.conf import settings as project
from django.contrib.sessions.models import Session
from django.core import mail as letters
from django.db import connection
from django.test import Client

from events.models import Membership, User
from events.shared.formatting.mail_boxes import box_of
from events.shared.mail import sender
from events.shared.rights.two_people import approvals
from prizes.chain import chain, commitments
from prizes.count import counting
from prizes.fair_play import close_edition
from prizes.models import Edition, Trace, Vote
from prizes.vote import network_key, network_traces
from tests.factories import NOW, CountryFactory, UserFactory
from tests.prizes.counted import announced
from tests.prizes.factories import fill_ballot, make_edition, nominees_of, officer
from tests.prizes.fair_play.factories import in_force

pytestmark = pytest.mark.django_db(transaction=True)

HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s")
PASSWORD = "correct horse battery"
CROWD = 40
AWA, AWAS_ADDRESS, AWAS_SECOND_ADDRESS = "awa@example.org", "203.0.113.77", "2001:db8:77:9::5"
OTHERS = ["203.0.113.78", "198.51.100.4", "2001:db8:77:1::5", "::ffff:192.0.2.200"]
HOUR = timedelta(hours=1)
ADDRESSES = [AWAS_ADDRESS, AWAS_SECOND_ADDRESS, *OTHERS]


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path):
    assert connection.vendor == "postgresql", "these tests need PostgreSQL: run them with `make test`"
    settings.KEYS_DIR, settings.MEDIA_ROOT = tmp_path / "keys", tmp_path / "media"


# --- the dump --------------------------------------------------------------------------------------
def pg_dump():
    """The whole database as pg_dump writes it."""
    place = Path(os.environ.get("POSTGRES_BINARIES", "")) / "pg_dump"
    found = place if place.is_file() else shutil.which("pg_dump")
    assert found, "no pg_dump beside the PostgreSQL of the tests"
    database = connection.settings_dict
    command = [found, "-h", database["HOST"] or "localhost", "-U", database["USER"], "--no-owner", database["NAME"]]
    if database["PORT"]:
        command[1:1] = ["-p", str(database["PORT"])]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | {"PGPASSWORD": database["PASSWORD"]}
    )
    return done.stdout


def tables_of(dump):
    """The rows of a dump in the order in which they stand: table → [{column: text}]."""
    tables, lines = {}, iter(dump.splitlines())
    for line in lines:
        if head := re.match(r'COPY public\."?(\w+)"? \((.*)\) FROM stdin;', line):
            columns = [name.strip().strip('"') for name in head[2].split(",")]
            rows = tables.setdefault(head[1], [])
            for row in iter(lambda: next(lines), "\\."):
                rows.append(dict(zip(columns, row.split("\t"), strict=True)))
    return tables


def values_of(tables):
    """Every value that stands anywhere in a dump, bytes as they are."""
    found = {value for rows in tables.values() for row in rows for value in row.values() if value != "\\N"}
    return {bytes.fromhex(v[3:]) if re.fullmatch(r"\\\\x(?:[0-9a-f]{2})*", v) else v.encode() for v in found}


# --- the cycle -------------------------------------------------------------------------------------
@pytest.fixture
def world(time_machine):
    """An edition in its vote: forty ballots filled in the hours before, each with its own choices; a chain by the hour."""
    time_machine.move_to(NOW - 9 * HOUR, tick=False)
    edition = make_edition(categories=2, nominees=4)
    chain.open_chain(edition, now=NOW - 9 * HOUR)
    nominees = {number: nominees_of(edition, number) for number in (1, 2)}
    people = [UserFactory(email=f"voter{place}@example.org") for place in range(CROWD)]
    # They do not vote in the order of their accounts: only what voting leaves behind can give the order away.
    for place, user in enumerate(people[7 * turn % CROWD] for turn in range(CROWD)):
        moment = NOW - 8 * HOUR + timedelta(minutes=3 * place)
        time_machine.move_to(moment, tick=False)
        choices = {number: nominees[number][place // number % 4] for number in (1, 2)}
        row = fill_ballot(edition, choices, user=user, cast=moment)
        network_traces.leave(row, ip=OTHERS[place % len(OTHERS)])
    time_machine.move_to(NOW - 5 * HOUR, tick=False)
    chain.seal(edition, now=NOW - 5 * HOUR)
    return Edition.objects.get(pk=edition.pk)


def deliver():
    sender.send_due(["account", "bulk"], clock=lambda: datetime.now(UTC))


def sign_up(client, email):
    client.post("/accounts/signup/", {"email": email, "password1": PASSWORD})
    deliver()
    code = re.search(r"(?m)^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", letters.outbox[-1].body)[1]
    client.post("/accounts/confirm-email/", {"code": code})
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    new = f"{PASSWORD} 2"
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    deliver()
    assert "_auth_user_id" in client.session


def vote(edition, time_machine):
    """Awa signs up four hours before she votes, alone in the hour of her block, elsewhere. Returns her."""
    CountryFactory()
    time_machine.move_to(NOW - 4 * HOUR, tick=False)
    client = Client(REMOTE_ADDR=AWAS_ADDRESS)
    sign_up(client, AWA)
    time_machine.move_to(NOW, tick=False)
    client.defaults["REMOTE_ADDR"] = AWAS_SECOND_ADDRESS
    client.post("/2020/prizes/vote/start/", {"country": "ML", "stakeholder_type": "academia"})
    for number in (1, 2):
        address = f"/2020/prizes/vote/{number}/"
        answer = client.post(address, {"nominee": nominees_of(edition, number)[3].code}, follow=True)
        assert answer.status_code == 200
    client.get("/2020/prizes/vote/receipt/")
    deliver()
    user = User.objects.get(email=AWA)
    assert user.ballots.get().is_complete
    return user


def end_vote(edition, time_machine):
    """The last blocks and the count. Returns the edition."""
    time_machine.move_to(NOW + HOUR, tick=False)
    chain.seal(edition, now=NOW + HOUR)
    edition.phases.filter(kind="voting").update(ends=NOW + 2 * HOUR)
    edition = Edition.objects.get(pk=edition.pk)
    time_machine.move_to(NOW + 3 * HOUR, tick=False)
    chain.seal(edition, now=NOW + 3 * HOUR, is_last=True)
    edition = Edition.objects.get(pk=edition.pk)
    counting.count(edition, now=NOW + 3 * HOUR)
    return edition


def close(edition, time_machine):
    later = NOW + timedelta(days=30)
    time_machine.move_to(later, tick=False)
    announced(edition, "champions", "winners", approved=later)
    first, second = officers()
    act = close_edition.propose(edition, by=first, reason="It is over", now=later)
    approvals.agree(act, by=second, now=later)


# --- where from ------------------------------------------------------------------------------------
def texts_of(ip):
    """Every way in which an address or its network is written."""
    address = ipaddress.ip_address(ip)
    address = getattr(address, "ipv4_mapped", None) or address
    networks = [
        ipaddress.ip_network((address, bits), strict=False)
        for bits in ((32, 24, 16) if address.version == 4 else (128, 64, 56, 48, 32))
    ]
    plain = {ip, str(address), address.exploded, *map(str, networks), *(str(network[0]) for network in networks)}
    return {f"{prefix}{text}" for text in plain for prefix in ("", "address|", "network|", "address:", "network:")}


def plain_hashes(texts):
    return {getattr(hashlib, name)(text.encode()).hexdigest()[:24] for name in HASHES for text in texts}


def keyed_hashes(texts, secrets):
    return {hmac.digest(key, text.encode(), "sha256").hex()[:24] for key in secrets for text in texts}


def digests_of(tables):
    return {row["digest"] for row in tables["prizes_trace"] if row["kind"] in network_traces.PLACES}


def hashes_of_accounts(tables):
    """The keyed hashes of addresses, boxes and mail services, and the texts that they could be of."""
    hashes = {row["digest"][:24] for name in ("prizes_trace", "prizes_erasedvoter") for row in tables[name]}
    mails = {row["email"].lower() for row in tables["events_user"]}
    known = mails | {box_of(mail) for mail in mails} | {mail.partition("@")[2] for mail in mails}
    texts = {f"{prefix}{text}" for text in known for prefix in ("", "voter|", "box|", "domain|")}
    return hashes - digests_of(tables), texts


def check_dump_without_the_key_tells_no_network(cycle):
    digests = digests_of(cycle.before)
    real = set().union(*map(texts_of, ADDRESSES))
    networks = {text for part in range(256) for text in texts_of(f"203.0.{part}.1")}

    known = {project.SECRET_KEY.encode(), hashlib.sha256(project.SECRET_KEY.encode()).digest(), b""}
    found = plain_hashes(real | networks) | keyed_hashes(real | networks, known)
    found |= keyed_hashes(real, values_of(cycle.before))

    assert len(digests) == 2 * 5 - 1  # of each of five addresses itself and its network; two share one
    assert found & digests == set()
    assert {form in cycle.dump for form in (cycle.key.hex(), cycle.key.decode("latin-1"))} == {False}
    # The search itself is good: with the key it finds every one.
    assert keyed_hashes(real, [cycle.key]) >= digests
    accounts, texts = hashes_of_accounts(cycle.before)
    assert (plain_hashes(texts) | keyed_hashes(texts, known)) & accounts == set()
    assert accounts
    assert keyed_hashes(texts, [cycle.key]) >= accounts


def check_after_the_close_no_digest_is_left_for_any_key(cycle):
    values = {value.decode("latin-1") for value in values_of(cycle.after)}
    made = keyed_hashes(set().union(*map(texts_of, ADDRESSES)), [cycle.key])
    assert digests_of(cycle.after) == set()
    assert {digest for digest in digests_of(cycle.before) | made if digest in cycle.closed_dump} == set()
    assert cycle.key.decode("latin-1") not in values
    assert list(Path(project.KEYS_DIR).iterdir()) == []


def officers():
    """Two who have been officers for long: no moment of the vote stands in the dump for their sake."""
    found = [officer(), officer()]
    Membership.objects.update(given_at=NOW - timedelta(days=60), agreed_at=NOW - timedelta(days=60))
    return found


def check_no_address_stands_in_the_dump_the_log_or_a_mail(cycle, records):
    """Signing up, logging in, changing the password, voting: no table, log line, log entry or mail keeps the address. A log-in
    keeps its network (registration.people.accounts.log_ins.networks)."""
    places = {
        "dump": cycle.dump,
        "dump after the close": cycle.closed_dump,
        "log": "\n".join(f"{record.getMessage()} {record.args} {record.__dict__}" for record in records),
        "mails": "\n".join(str(mail.message()) for mail in letters.outbox),
    }
    networks, starts = re.compile(r"203\.0\.113\.0/24|2001:db8:77::/48"), ("203.0.113", "2001:db8:77")
    told = {name: networks.sub("", text) for name, text in places.items()}
    assert {name for name, text in told.items() if any(start in text for start in starts)} == set()
    assert len(letters.outbox) >= 3  # the code, the new password, the receipt
    assert records
    assert {"django_session", "events_historyentry", "events_message", "prizes_trace"} <= set(cycle.before)


def check_no_session_holds_an_address_a_choice_or_the_hour_of_the_vote(cycle):
    assert cycle.sessions
    for text, expires in cycle.sessions:
        assert [start for start in ("203.0.113", "2001:db8:77", *cycle.titles) if start in text] == []
        assert abs(expires - timedelta(seconds=project.SESSION_COOKIE_AGE) - NOW) > HOUR


# --- who voted for what ----------------------------------------------------------------------------
def votes_of(edition):
    """The public bundle: tracker → (category, nominee, nonce, block)."""
    content = Path(counting.latest(edition).bundle.path).read_bytes()
    found, blocks = {}, {}
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        for name in bundle.namelist():
            text = bundle.read(name).decode()
            if name.startswith("chain/"):
                blocks |= dict.fromkeys(text.split(), int(name[6:11]))
            elif name.startswith("votes/"):
                number = int(name[6:8])
                for row in csv.DictReader(io.StringIO(text)):
                    found[row["tracker"]] = (number, row["nominee"], row["nonce"])
    return {
        tracker: (
            *vote,
            blocks[commitments.commitment(nonce=vote[2], tracker=tracker, number=vote[0], nominee=vote[1]).hex()],
        )
        for tracker, vote in found.items()
    }


def accounts_of(tables):
    """What leads to an account: a row's own column, or its ballot's. Returns a function of a table's name and row."""
    emails = {row["email"]: row["id"] for row in tables["events_user"]}
    owners = {row["id"]: row["user_id"] for row in tables["prizes_ballot"]}

    def account(table, row):
        if table == "events_user":
            return row["id"]
        mentioned = [emails[value] for value in row.values() if value in emails]
        return next(
            iter([row[name] for name in ("user_id",) if name in row] + mentioned), owners.get(row.get("ballot_id"))
        )

    return account


def by_value(tables, votes):
    """A value of the bundle, or a secret from which its trackers follow, beside an account: {(account, tracker)}."""
    account, found = accounts_of(tables), set()
    known = {tracker: tracker for tracker in votes} | {vote[2]: tracker for tracker, vote in votes.items()}
    for table, rows in tables.items():
        for row in rows:
            owner = account(table, row)
            for text in row.values() if owner else ():
                for word in re.findall(r"[0-9A-Z]{16,20}", text.replace("-", "")):
                    if word in known:
                        found.add((owner, known[word]))
                    for number in (1, 2):
                        tracker = commitments.tracker(word, edition="2020", number=number)
                        if tracker in votes:
                            found.add((owner, tracker))
    return found


MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?\+00")


def by_time(tables, votes):
    """A block with one ballot's votes only, and a row of one account in its hour: {(account, tracker)}.

    Also two weeks later, when a session ends that was touched in the hour.
    """
    account = accounts_of(tables)
    sealed = {int(row["number"]): datetime.fromisoformat(row["sealed"]) for row in tables["prizes_block"]}
    lonely = defaultdict(list)
    for tracker, (number, _nominee, _nonce, block) in votes.items():
        lonely[block].append((number, tracker))
    found = set()
    for block, cast in lonely.items():
        if len({number for number, _tracker in cast}) != len(cast):
            continue  # several people
        there = set()
        for table, rows in tables.items():
            for row in rows:
                for text in map(str, row.values()):
                    for moment in MOMENT.findall(text):
                        moved = datetime.fromisoformat(moment)
                        for back in (timedelta(), timedelta(seconds=project.SESSION_COOKIE_AGE)):
                            if sealed[block - 1] + HOUR * 2 < moved - back <= sealed[block] and account(table, row):
                                there.add(account(table, row))
        if len(there) == 1:
            found |= {(next(iter(there)), tracker) for _number, tracker in cast}
    return found


def by_order(tables, votes, *, truth):
    """Rows of a table with an account each, in the order of the dump or of their ids, as if it were that of the votes.

    `truth`: the accounts in the order in which they voted. Returns the tables that give that order away.
    """
    found = set()
    account = accounts_of(tables)
    for table, rows in tables.items():
        for key in (None, "id", "pk"):
            ordered = sorted(rows, key=lambda row: int(row[key])) if key and rows and key in rows[0] else rows
            order = list(dict.fromkeys(account(table, row) for row in ordered))
            place = {owner: number for number, owner in enumerate(owner for owner in order if owner in truth)}
            places = [place[owner] for owner in truth if owner in place]
            if len(places) >= CROWD // 2 and abs(correlation(range(len(places)), places, method="ranked")) > 0.8:
                found.add(table)
    return found


def truth_of(edition):
    """The accounts in the order in which they voted, and {(account, tracker)}: what nobody may find."""
    rows = Vote.objects.filter(ballot__edition=edition, ballot__is_quarantined=False).order_by("cast")
    pairs = [(str(user), tracker) for user, tracker in rows.values_list("ballot__user_id", "tracker")]
    return list(dict.fromkeys(user for user, _tracker in pairs)), set(pairs)


def check_who_voted_for_what_is_told_before_the_close_only(cycle):
    own = {pair for pair in cycle.pairs if pair[0] == cycle.awa}
    assert by_value(cycle.before, cycle.votes) == cycle.pairs
    assert by_time(cycle.before, cycle.votes) == own
    assert {"prizes_ballot", "prizes_vote"} <= by_order(cycle.before, cycle.votes, truth=cycle.order)
    assert len(cycle.votes) == 2 * CROWD  # forty and Awa, without the one that is set aside
    assert by_value(cycle.after, cycle.votes) == set()
    assert by_time(cycle.after, cycle.votes) == set()
    assert by_order(cycle.after, cycle.votes, truth=cycle.order) == set()


def check_after_the_close_no_secret_nonce_or_moment_is_left(cycle):
    before, after = cycle.before, cycle.after
    secrets = {row["secret"] for row in before["prizes_ballot"]}
    secrets |= {row[name] for row in before["prizes_vote"] for name in ("tracker", "nonce")}
    secrets |= {row["value"].removeprefix("\\\\x") for row in before["prizes_commitment"]}
    moments = {row["cast"] for row in before["prizes_vote"]} | {row["began"] for row in before["prizes_ballot"]}
    grouped = cycle.closed_dump.replace("-", "")

    assert len(secrets) == 5 * (CROWD + 1) + 2 * (CROWD + 1)
    assert {secret for secret in secrets if secret in cycle.closed_dump or secret in grouped} == set()
    assert [len(after[f"prizes_{name}"]) for name in ("vote", "commitment", "trace", "ballot")] == [0, 0, 0, CROWD + 1]
    assert {moment for moment in moments if moment in cycle.closed_dump} == set()
    times = {row[name] for row in after["prizes_ballot"] for name in ("began", "first_choice", "last_choice")}
    assert (times, {row["secret"] for row in after["prizes_ballot"]}) == ({"\\N"}, {""})


# --- the whole cycle, once ---------------------------------------------------------------------------
def whole_cycle(world, time_machine):
    """Awa votes, the vote ends, one ballot is set aside, the edition is closed: what can be read before and after."""
    cycle = SimpleNamespace(awa=str(vote(world, time_machine).pk), titles=[])
    cycle.sessions = [(str(row.get_decoded()), row.expire_date) for row in Session.objects.all()]
    cycle.titles = [nominee.title for number in (1, 2) for nominee in nominees_of(world, number)]
    edition = end_vote(world, time_machine)
    cycle.key = network_key.key(edition)
    row = edition.ballots.exclude(user=cycle.awa).order_by("pk").first()
    in_force(edition, [row], officers(), now=NOW + 3 * HOUR)
    cycle.votes = votes_of(edition)
    cycle.order, cycle.pairs = truth_of(edition)
    cycle.dump = pg_dump()
    close(edition, time_machine)
    cycle.closed_dump = pg_dump()
    cycle.before, cycle.after = tables_of(cycle.dump), tables_of(cycle.closed_dump)
    return cycle


def test_dump_before_and_after_the_close_tells_neither_networks_nor_who_voted_for_what(world, time_machine, caplog):
    caplog.set_level(logging.DEBUG)

    cycle = whole_cycle(world, time_machine)

    check_dump_without_the_key_tells_no_network(cycle)
    check_after_the_close_no_digest_is_left_for_any_key(cycle)
    check_no_address_stands_in_the_dump_the_log_or_a_mail(cycle, caplog.records)
    check_no_session_holds_an_address_a_choice_or_the_hour_of_the_vote(cycle)
    check_who_voted_for_what_is_told_before_the_close_only(cycle)
    check_after_the_close_no_secret_nonce_or_moment_is_left(cycle)


def test_search_finds_hashes_that_anybody_could_make(world):
    """The negative control: a digest without a key, under SECRET_KEY, or under a value of the database is found."""
    row = Trace.objects.first()
    forms = {
        "plain": hashlib.sha256(b"network|203.0.113.0/24").hexdigest()[:24],
        "secret-key": network_traces.digest(project.SECRET_KEY.encode(), kind="network", ip=AWAS_ADDRESS),
        "from-the-dump": network_traces.digest(world.key_name.encode(), kind="network", ip=AWAS_ADDRESS),
    }
    tables = tables_of(pg_dump())
    real = texts_of(AWAS_ADDRESS)

    found = {
        "plain": plain_hashes(real),
        "secret-key": keyed_hashes(real, [project.SECRET_KEY.encode()]),
        "from-the-dump": keyed_hashes(real, values_of(tables)),
    }

    assert {name: forms[name] in found[name] for name in forms} == dict.fromkeys(forms, True)
    assert row.digest not in set().union(*found.values())
