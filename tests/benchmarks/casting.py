"""How fast choices are cast: through HTTP with session and CSRF token, by 16 clients, each request sent twice.

20,000 choices of 1,200 voters; two connections send the same request at the same moment. Two web processes as
`manage.py serve` starts them, PostgreSQL with fsync. While they run, a process seals blocks every few seconds (on the
site once an hour). Beside it, in the same run, the rate at which pgbench does the same inserts with 16 clients.

All requests come from one address here, so the limit of ballots begun from one address is off (VOTE_BALLOTS_PER_MINUTE);
that of choices per account stands.
"""

import json
import os
import re
import select
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests import engine

FULL, PARTIAL = (1000, 18), (200, 10)  # voters and their choices: 20,000 of 1,200
CATEGORIES, NOMINEES = 18, 19
PAIRS = 8  # of connections: 16 clients
CHOICES = FULL[0] * FULL[1] + PARTIAL[0] * PARTIAL[1]
RATE = 150  # choices a second, at least
P99 = 0.5  # seconds, at the most
SEAL_EVERY = 3  # seconds
ROOT = Path(__file__).resolve().parents[2]


# --- the rows: `python -m tests.benchmarks.casting fill FILE` ----------------------------------------
def fill(path):
    """Two editions in their vote: one to vote in, one for pgbench; write down who votes for what."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from django.db import connection
    from django.utils import timezone

    from prizes.chain import chain
    from tests.factories import ForumFactory
    from tests.prizes.factories import make_edition, nominees_of

    now = timezone.now()
    made = {}
    for slug in ("now", "scratch"):
        forum = ForumFactory(slug=slug)
        made[slug] = make_edition(forum=forum, categories=CATEGORIES, nominees=NOMINEES, now=now)
        chain.open_chain(made[slug], now=now)
    voters = _voters(made["now"], now=now)
    plan = {
        "voters": voters,
        "nominees": [[n.code for n in nominees_of(made["now"], number)] for number in range(1, CATEGORIES + 1)],
        "scratch": _scratch(made["scratch"], now=now),
    }
    Path(path).write_text(json.dumps(plan))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _voters(edition, *, now):
    """Registered people with a confirmed address and a session; the keys of the sessions."""
    from importlib import import_module

    from allauth.account.models import EmailAddress
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from events.models import User
    from registration.models import Registration
    from tests.factories import CountryFactory

    country = CountryFactory()
    count = FULL[0] + PARTIAL[0]
    users = User.objects.bulk_create([User(email=f"voter{n}@example.org", password="!") for n in range(count)])
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users]
    )
    Registration.objects.bulk_create(
        [
            Registration(
                forum=edition.forum,
                user=user,
                name=f"Voter {user.pk}",
                stakeholder_type="academia",
                country=country,
                gender="woman",
                consented=now,
                created=now,
            )
            for user in users
        ]
    )
    store = import_module(settings.SESSION_ENGINE).SessionStore
    keys = []
    for user in users:
        session = store()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        keys.append(session.session_key)
    return keys


def _scratch(edition, *, now):
    """Empty ballots for pgbench; the ids that its script needs."""
    from events.models import User
    from prizes.chain import commitments
    from prizes.models import Ballot

    users = User.objects.bulk_create([User(email=f"scratch{n}@example.org", password="!") for n in range(1200)])
    ballots = Ballot.objects.bulk_create(
        [Ballot(edition=edition, user=user, secret=commitments.new_secret(), began=now) for user in users]
    )
    category = edition.categories.order_by("number")[0]
    nominee = category.nominations.first()
    return {
        "edition": edition.pk,
        "ballot": ballots[0].pk,
        "categories": list(edition.categories.order_by("pk").values_list("pk", flat=True)),
        "nominee": nominee.pk,
    }


# --- in processes of their own ---------------------------------------------------------------------------
def seal():
    """Seal every few seconds until the parent ends us, as the site does every hour."""
    import django

    django.setup()
    from django.utils import timezone

    from prizes.chain import chain
    from prizes.models import Edition

    edition = Edition.objects.get(forum__slug="now")
    while True:
        chain.seal(edition, now=timezone.now(), is_hourly=True)
        time.sleep(SEAL_EVERY)


def check():
    """Seal what waits; print how many votes, doubles, and commitments that are not in exactly one block there are."""
    import django

    django.setup()
    from django.db.models import Count
    from django.utils import timezone

    from events.models import Message
    from prizes.chain import chain, commitments
    from prizes.models import Ballot, Commitment, Edition, Vote

    edition = Edition.objects.get(forum__slug="now")
    chain.seal(edition, now=timezone.now())
    votes = Vote.objects.filter(ballot__edition=edition)
    doubles = votes.values("ballot__user", "category").annotate(n=Count("pk")).filter(n__gt=1).count()
    wanted = sorted(
        commitments.commitment(nonce=nonce, tracker=tracker, number=number, nominee=code)
        for nonce, tracker, number, code in votes.values_list("nonce", "tracker", "category__number", "nominee__code")
    )
    sealed = Commitment.objects.filter(edition=edition, block__isnull=False)
    found = sorted(bytes(value) for value in sealed.values_list("value", flat=True))
    head, is_whole = None, True
    for block in chain.blocks(edition):
        values = list(Commitment.objects.filter(block=block).values_list("value", flat=True))
        if head is not None:
            head = commitments.next_head(
                head,
                number=block.number,
                sealed=commitments.stamp(block.sealed),
                notes=block.notes,
                commitments=sorted(bytes(value) for value in values),
            )
            is_whole &= head == block.head and len(values) == block.choices
        head = block.head
    result = {
        "votes": votes.count(),
        "doubles": doubles,
        "blocks": chain.blocks(edition).count(),
        "is_in_one_block": wanted == found and Commitment.objects.filter(edition=edition).count() == len(found),
        "is_chain_whole": is_whole,
        "complete": Ballot.objects.filter(edition=edition, is_complete=True).count(),
        "receipts": Message.objects.filter(user__ballots__edition=edition).count(),
    }
    print(json.dumps(result))  # noqa: T201


# --- the load: `python -m tests.benchmarks.casting load PORT FILE`, a process of its own ---------------------
class Line:
    """A connection that is kept; asks one thing at a time."""

    def __init__(self, port):
        self.port = port
        self._connect()

    def _connect(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request):
        self.socket.sendall(request)
        self.buffer, self.began = b"", time.perf_counter()

    def receive(self):
        """Read what has come; return (status, whole answer) once it is there, else None."""
        part = self.socket.recv(65536)
        assert part, "the server closed the connection"
        self.buffer += part
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return None
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if (length and len(body) < int(length[1])) or (not length and not body.endswith(b"0\r\n\r\n")):
            return None
        return int(head[9:12]), self.buffer

    def ask(self, request):
        self.send(request)
        while (answer := self.receive()) is None:
            pass
        return answer


def _get(path, session):
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={session}\r\n\r\n".encode()


def _post(path, *, session, cookie, token, code):
    body = f"csrfmiddlewaretoken={token}&nominee={code}"
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={session}; csrftoken={cookie}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nX-Requested-With: fetch\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


class Clients:
    """Pairs of connections that take voters from one list; each request goes out on both at the same moment."""

    def __init__(self, port, plan):
        self.port, self.nominees = port, plan["nominees"]
        sizes = [FULL[1]] * FULL[0] + [PARTIAL[1]] * PARTIAL[0]
        order = sorted(range(len(sizes)), key=lambda place: place * 7919 % len(sizes))
        self.waiting = [(plan["voters"][place], sizes[place], place) for place in order]
        self.unopened = list(plan["voters"])
        self.tokens, self.seconds, self.statuses = {}, [], {}

    def in_threads(self, work):
        threads = [threading.Thread(target=work) for _pair in range(PAIRS)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - began

    def open_pages(self):
        """Each voter opens the first page of the ballot, and takes the token from its form."""
        line = Line(self.port)
        while True:
            try:
                session = self.unopened.pop()
            except IndexError:
                return
            status, answer = line.ask(_get("/now/prizes/vote/1/", session))
            assert status == 200, answer[:300]
            cookie = re.search(rb"csrftoken=(\w+)", answer)[1].decode()
            token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', answer)[1].decode()
            self.tokens[session] = (cookie, token)

    def vote(self):
        pair = [Line(self.port), Line(self.port)]
        while True:
            try:
                session, size, place = self.waiting.pop()
            except IndexError:
                return
            cookie, token = self.tokens[session]
            for number in range(1, size + 1):
                codes = self.nominees[number - 1]
                code = codes[(place * 31 + number * 7) % len(codes)]
                path = f"/now/prizes/vote/{number}/"
                self.twice(pair, _post(path, session=session, cookie=cookie, token=token, code=code))

    def twice(self, pair, request):
        for line in pair:
            line.send(request)
        open_lines = {line.socket: line for line in pair}
        while open_lines:
            for ready in select.select(list(open_lines), [], [])[0]:
                line = open_lines[ready]
                if (answer := line.receive()) is not None:
                    self.seconds.append(time.perf_counter() - line.began)
                    self.statuses[answer[0]] = self.statuses.get(answer[0], 0) + 1
                    del open_lines[ready]


def load(port, path):
    """Cast all choices; print the seconds that it took, the quantiles, and the statuses."""
    clients = Clients(int(port), json.loads(Path(path).read_text()))
    clients.in_threads(clients.open_pages)
    seconds = clients.in_threads(clients.vote)
    times = sorted(clients.seconds)
    quantile = lambda share: times[int(share * (len(times) - 1))]  # noqa: E731
    result = {
        "seconds": seconds,
        "requests": len(times),
        "p50": quantile(0.5),
        "p99": quantile(0.99),
        "worst": times[-1],
        "statuses": clients.statuses,
    }
    print(json.dumps(result))  # noqa: T201


# --- pgbench ------------------------------------------------------------------------------------------------
SCRIPT = """
BEGIN;
SELECT nextval('bench_choice') AS n \\gset
INSERT INTO prizes_vote (ballot_id, category_id, nominee_id, tracker, nonce, "cast") VALUES ({ballot} + :n / 18, ('{categories}'::bigint[])[:n % 18 + 1], {nominee}, substr(md5(:n::text), 1, 16), substr(md5(random()::text), 1, 16), now());
INSERT INTO prizes_commitment (edition_id, value, block_id) VALUES ({edition}, sha256((:n || random()::text)::bytea), NULL);
UPDATE prizes_ballot SET chosen = chosen + 1, first_choice = coalesce(first_choice, now()), last_choice = now() WHERE id = {ballot} + :n / 18;
END;
"""


def pgbench(found, plan):
    """Transactions a second: the vote, its commitment and the ballot, 20,000 times by 16 clients."""
    binaries, home = Path(os.environ["POSTGRES_BINARIES"]), found.folder / "pg"
    ids = plan["scratch"]
    categories = "{" + ",".join(map(str, ids["categories"])) + "}"
    script = found.folder / "choice.sql"
    script.write_text(SCRIPT.format(**ids | {"categories": categories}).lstrip())
    options = ["-h", home, "-U", "forum"]
    sql = "CREATE SEQUENCE bench_choice MINVALUE 0 START 0"
    subprocess.run([binaries / "psql", *options, "-qc", sql, "postgres"], check=True, capture_output=True)
    clients = 2 * PAIRS
    command = [binaries / "pgbench", *options, "-n", "-f", script, "-c", str(clients), "-j", "2"]
    command += ["-t", str(CHOICES // clients), "postgres"]
    done = subprocess.run(command, capture_output=True, text=True)
    rate = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    assert done.returncode == 0, done.stderr + done.stdout
    assert rate, done.stdout
    return float(rate[1])


# --- the measurement ------------------------------------------------------------------------------------------
def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _web(found, environment):
    """The web server as `manage.py serve` starts it; its port."""
    port = _free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "2", "--blocking-threads", "2", "--backlog", "1024", "--no-ws", "--log-level", "warning"]
    found.start([*command, "config.rsgi:application"], environment=environment, folder=ROOT)
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return port
        except OSError:
            assert time.monotonic() < deadline, found.log()
            time.sleep(0.1)


def _run(step, *arguments, environment):
    command = [sys.executable, "-m", "tests.benchmarks.casting", step, *map(str, arguments)]
    done = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0, step
    return json.loads(done.stdout) if done.stdout else None


def measure(found):
    data, path = found.folder / "bench-casting", found.folder / "plan.json"
    data.mkdir()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": found.postgres(durable=True),
        "REDIS_URL": found.valkey("bench-limits"),
        "DATA_DIR": str(data),
        "SECRET_KEY": "only-for-benchmarks-" + "x" * 50,
        "VOTE_BALLOTS_PER_MINUTE": "0",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
    }
    quiet = {"stdout": subprocess.DEVNULL}
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput"], env=environment, cwd=ROOT, check=True, **quiet
    )
    _run("fill", path, environment=environment)
    tps = pgbench(found, json.loads(path.read_text()))
    port = _web(found, environment)
    command = [sys.executable, "-m", "tests.benchmarks.casting", "seal"]
    sealing = found.start(command, environment=environment, folder=ROOT)
    if os.environ.get("BENCH_HOLD"):
        print(port, environment["DATABASE_URL"], data, path, flush=True)  # noqa: T201
    loaded = _run("load", port, path, environment=environment)
    is_sealing = sealing.poll() is None
    found.stop(sealing)
    return tps, loaded, _run("check", environment=environment), is_sealing


def main():
    """Print the figures with their limits; return whether they hold and every choice is there once."""
    with engine.Services() as found:
        tps, loaded, checked, is_sealing = measure(found)
    rate = checked["votes"] / loaded["seconds"]
    is_whole = checked["votes"] == CHOICES and not checked["doubles"] and is_sealing
    is_whole = is_whole and checked["is_in_one_block"] and checked["is_chain_whole"] and checked["complete"] == FULL[0]
    print(  # noqa: T201
        f"casting: {checked['votes']:,} choices of {FULL[0] + PARTIAL[0]:,} voters, each sent twice, in "
        f"{loaded['seconds']:.1f} s by 16 clients: {rate:.0f} choices/s (limit ≥ {RATE}), "
        f"{loaded['requests'] / loaded['seconds']:.0f} requests/s; p50 {loaded['p50'] * 1000:.0f} ms, p99 "
        f"{loaded['p99'] * 1000:.0f} ms (limit {P99 * 1000:.0f}), worst {loaded['worst'] * 1000:.0f} ms; answers "
        f"{loaded['statuses']}; pgbench does the same inserts {tps:.0f} times a second\n"
        f"casting: {checked['doubles']} double votes; every choice in exactly one of {checked['blocks']} blocks: "
        f"{checked['is_in_one_block']}; chain whole: {checked['is_chain_whole']}; {checked['complete']:,} complete "
        f"ballots, {checked['receipts']:,} receipts by mail"
    )
    return is_whole and rate >= RATE and loaded["p99"] < P99


if __name__ == "__main__":
    steps = {"fill": fill, "seal": seal, "check": check, "load": load}
    if len(sys.argv) > 1:
        steps[sys.argv[1]](*sys.argv[2:])
    else:
        sys.exit(0 if main() else 1)
