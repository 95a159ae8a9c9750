"""How fast choices are cast: through HTTP with session and CSRF token, by 16 clients.

They ask the web server as config/processes.conf has it. While they do, a process seals blocks every few seconds (on the site
once an hour). They take turns with pgbench, whose 16 clients write the same rows. In a last round two connections each send the
same request at the same moment. At the end every choice is there once, in one block of a whole chain.
"""

import re
import select
import socket
import subprocess
import time
from itertools import islice

from tests.benchmarks import limits, load
from tests.benchmarks.world import CATEGORIES

ROUNDS, CLIENTS = 3, 16
FULL, PARTIAL, FEW = 50, 10, 10  # voters in a round with all choices; and others, with so many
PLAIN = 150  # transactions of each client of pgbench in a round
SHARE = 0.1  # of pgbench's rate, at least
P99 = 0.2  # seconds, at the most
SEAL_EVERY = 3  # seconds


def measure(bench):
    database = bench.copy(bench.world("year"), "casting")
    beside = bench.copy(database, "casting_plain")
    by_pgbench = _pgbench(bench, beside, bench.run("casting.ballots", database=beside))
    plan = bench.run("casting.plan", (ROUNDS + 1) * (FULL + PARTIAL), database=database)
    voters, answers = iter(plan["keys"]), []
    with bench.site(database) as site:
        sealing = bench.start("casting.seal", database=database)

        def vote(copies=1):
            """Choices a second."""
            clients = Clients(site.port, list(islice(voters, FULL + PARTIAL)), nominees=plan["nominees"], copies=copies)
            clients.in_threads(clients.open_pages)
            rate = clients.choices / clients.in_threads(clients.vote)
            answers.extend(clients.answers)
            return rate

        found = limits.in_turns({"site": vote, "pgbench": by_pgbench}, rounds=ROUNDS)
        _judge_answers(bench, answers)
        bench.tell(f"each request sent twice at once: {vote(copies=2):,.0f} choices a second")
        is_sealing = sealing.poll() is None
        bench.services.stop(sealing)
    said = " : ".join(f"{limits.median(found[name]):,.0f}" for name in ("site", "pgbench"))
    bench.at_least(
        "choices, against pgbench", limits.ratio(found["site"], found["pgbench"]), SHARE, note=f"{said} a second"
    )
    checked = bench.run("casting.check", database=database)
    wanted = (ROUNDS + 1) * (FULL * CATEGORIES + PARTIAL * FEW)
    said = f"{checked['votes']:,} votes, {checked['doubles']} double, {checked['complete']} complete ballots"
    is_whole = checked["votes"] == wanted and not checked["doubles"] and checked["complete"] == (ROUNDS + 1) * FULL
    bench.holds("every choice is there once", is_whole, note=said)
    is_chained = is_sealing and checked["is_in_one_block"] and checked["is_chain_whole"]
    bench.holds("in one block of a whole chain", is_chained, note=f"{checked['blocks']} blocks")


def _judge_answers(bench, answers):
    times, statuses = sorted(seconds for seconds, _status in answers), sorted({status for _seconds, status in answers})
    at_50, at_99 = limits.at(times, 0.5), limits.at(times, 0.99)
    note = f"median {at_50 * 1000:.0f} ms, worst {times[-1] * 1000:.0f} ms, statuses {statuses}"
    bench.seconds("an answer, at the 99th percentile", at_99, P99, note=note)


# --- in processes of the site ---------------------------------------------------------------------
def plan(count):
    """Log voters in; return the keys of their sessions, and the nominees of each category."""
    from prizes.models import Edition
    from tests.benchmarks.world import sessions_of
    from tests.prizes.factories import nominees_of

    edition = Edition.objects.get(forum__slug="now")
    nominees = [[one.code for one in nominees_of(edition, number)] for number in range(1, CATEGORIES + 1)]
    return {"keys": sessions_of(count, skip=10), "nominees": nominees}


def ballots():
    """Empty ballots for pgbench; the ids that its script needs."""
    from django.utils import timezone

    from events.models import User
    from prizes.chain import commitments
    from prizes.models import Ballot, Edition

    edition, now = Edition.objects.get(forum__slug="now"), timezone.now()
    users = User.objects.filter(email__startswith="guest").order_by("pk")[:1000]
    made = Ballot.objects.bulk_create(
        Ballot(edition=edition, user=user, secret=commitments.new_secret(), began=now) for user in users
    )
    categories = edition.categories.order_by("number")
    return {
        "edition": edition.pk,
        "ballot": made[0].pk,
        "categories": "{" + ",".join(str(one.pk) for one in categories) + "}",
        "nominee": categories[0].nominations.first().pk,
    }


def seal():
    """Seal every few seconds until the parent ends us, as the site does every hour."""
    from django.utils import timezone

    from prizes.chain import chain
    from prizes.models import Edition

    edition = Edition.objects.get(forum__slug="now")
    while True:
        chain.seal(edition, now=timezone.now(), is_hourly=True)
        time.sleep(SEAL_EVERY)


def check():
    """Seal what waits; print how many votes, doubles, and commitments that are not in exactly one block there are."""
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
    return {
        "votes": votes.count(),
        "doubles": doubles,
        "blocks": chain.blocks(edition).count(),
        "is_in_one_block": wanted == found and Commitment.objects.filter(edition=edition).count() == len(found),
        "is_chain_whole": is_whole,
        "complete": Ballot.objects.filter(edition=edition, is_complete=True).count(),
        "receipts": Message.objects.filter(user__ballots__edition=edition).count(),
    }


# --- the load -------------------------------------------------------------------------------------
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
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={session}; {cookie}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nX-Requested-With: fetch\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


class Clients:
    """They take voters from one list. With two `copies` each request goes out on two connections at the same moment."""

    def __init__(self, port, keys, *, nominees, copies):
        self.port, self.nominees, self.copies = port, nominees, copies
        sizes = [CATEGORIES] * FULL + [FEW] * PARTIAL
        self.choices = sum(sizes)
        order = sorted(range(len(sizes)), key=lambda place: place * 7919 % len(sizes))
        self.waiting = [(keys[place], sizes[place], place) for place in order]
        self.unopened = list(keys)
        self.tokens, self.answers = {}, []  # answers: seconds and status of each

    def in_threads(self, work):
        return load.at_once(*[work] * (CLIENTS // self.copies))

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
            cookie = "; ".join(found.decode() for found in re.findall(rb"(?mi)^set-cookie:\s*(\w+=[^;\s]*)", answer))
            token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', answer)[1].decode()
            self.tokens[session] = (cookie, token)

    def vote(self):
        lines = [Line(self.port) for _copy in range(self.copies)]
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
                self.at_once(lines, _post(path, session=session, cookie=cookie, token=token, code=code))

    def at_once(self, lines, request):
        for line in lines:
            line.send(request)
        open_lines = {line.socket: line for line in lines}
        while open_lines:
            for ready in select.select(list(open_lines), [], [])[0]:
                line = open_lines[ready]
                if (answer := line.receive()) is not None:
                    self.answers.append((time.perf_counter() - line.began, answer[0]))
                    del open_lines[ready]


# --- pgbench --------------------------------------------------------------------------------------
SCRIPT = """
BEGIN;
SELECT nextval('bench_choice') AS n \\gset
INSERT INTO prizes_vote (ballot_id, category_id, nominee_id, tracker, nonce, "cast") VALUES ({ballot} + :n / 18, ('{categories}'::bigint[])[:n % 18 + 1], {nominee}, substr(md5(:n::text), 1, 16), substr(md5(random()::text), 1, 16), now());
INSERT INTO prizes_commitment (edition_id, value, block_id) VALUES ({edition}, sha256((:n || random()::text)::bytea), NULL);
UPDATE prizes_ballot SET chosen = chosen + 1, first_choice = coalesce(first_choice, now()), last_choice = now() WHERE id = {ballot} + :n / 18;
END;
"""


def _pgbench(bench, database, ids):
    """Return a function that sends vote, commitment and ballot by 16 clients, and returns transactions a second."""
    script = bench.folder / "choice.sql"
    script.write_text(SCRIPT.format(**ids).lstrip())
    bench.psql("CREATE SEQUENCE bench_choice MINVALUE 0 START 0", database)
    command = [bench.binaries / "pgbench", "-h", bench.home, "-U", "forum", "-n", "-f", script]
    command += ["-c", str(CLIENTS), "-j", "2", "-t", str(PLAIN), database]

    def send():
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr + done.stdout
        return float(re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)[1])

    return send
