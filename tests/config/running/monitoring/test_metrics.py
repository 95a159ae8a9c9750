"""/metrics: what is counted, by whom it is read, and how web processes add up."""

import os
import subprocess
import sys
import threading
import time
from datetime import timedelta

from django.conf import settings as project
from django.db import OperationalError, connection
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from config.running.monitoring import last_runs, metrics
from events.models import PdfFile
from tests.factories import MessageFactory, SessionFactory

TOKEN = "a-token-of-thirty-characters-x"


def samples_of(text):
    """The samples of a text: (name, labels) → value."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def read(client, **headers):
    return samples_of(client.get("/metrics", **headers).content.decode())


def requests(samples, kind, status="2xx"):
    return samples.get(("wsis_request_seconds_count", ("kind", kind), ("status", status)), 0)


def test_requests_are_counted_by_the_kind_of_page_and_no_address_is_told(client, db):
    kinds = (("healthz", "2xx"), ("media", "4xx"), ("static", "4xx"))
    before = read(client)
    client.get("/healthz")
    client.get("/healthz")
    client.get("/nobody@example.org/")
    client.get("/static/secret-name.css")
    client.get("/media/documents/secret-name.pdf")

    text = client.get("/metrics").content.decode()

    counted = [requests(samples_of(text), *kind) - requests(before, *kind) for kind in kinds]
    assert counted == [2, 1, 1]
    assert [word for word in ("nobody", "secret-name") if word in text] == []


def test_file_that_is_being_made_is_no_error_and_one_that_cannot_be_made_is(client, db, noon, settings):
    settings.HAS_WORKERS = True
    SessionFactory()
    before, counted = read(client), []

    for state in ("making", "failed"):
        PdfFile.objects.update(state=state)
        client.get("/2020/programme.pdf")
        samples = read(client)
        counted.append(
            [
                requests(samples, "events:booklet", one) - requests(before, "events:booklet", one)
                for one in ("being made", "5xx")
            ]
        )

    assert counted == [[1, 0], [1, 1]]


def test_threads_lose_no_count_and_counting_costs_a_finished_page_next_to_nothing(client, db):
    def count():
        for _number in range(2000):
            metrics.observe_request("finished", 200, 0.001)

    before, began = requests(read(client), "finished"), time.process_time()
    threads = [threading.Thread(target=count) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.process_time() - began

    assert requests(read(client), "finished") - before == 8000
    assert seconds / 8000 < 100e-6


def counting(folder, *, is_killed):
    """Let a web process of its own count an answer and a choice, and tell what all have counted."""
    code = (
        "from config.running.monitoring import metrics\n"
        "metrics.observe_request('finished', 200, 0.3); metrics.count_choice()\n"
        "from prometheus_client import generate_latest\n"
        "print(generate_latest(metrics.counted()).decode(), flush=True)\n"
        f"import os; {is_killed} and os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)},
        cwd=project.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.returncode, samples_of(done.stdout)


def test_processes_are_added_up_those_that_were_killed_too(tmp_path):
    folder = tmp_path / "metrics"

    ends = [counting(folder, is_killed=is_killed) for is_killed in (True, True, False)]

    bucket = ("wsis_request_seconds_bucket", ("kind", "finished"), ("le", "0.25"), ("status", "2xx"))
    assert [code for code, _samples in ends] == [-9, -9, 0]
    assert [(requests(told, "finished"), told["wsis_choices_total",], told[bucket]) for _code, told in ends] == [
        (1, 1, 0),
        (2, 2, 0),
        (3, 3, 0),
    ]
    assert folder.stat().st_mode & 0o077 == 0


def test_what_the_database_knows(client, db):
    now = timezone.now()
    MessageFactory(state="failed", queue="bulk")
    last_runs.note("events.tasks.deliver_due", now=now - timedelta(hours=1), has_failed=True)
    last_runs.note("events.tasks.deliver_due", now=now - timedelta(minutes=1))
    past = timezone.now() - timedelta(minutes=30)
    PdfFile.objects.bulk_create(
        [
            PdfFile(digest=str(number), source={}, asked=past, due=past, state=state)
            for number, state in enumerate(("making", "failed", "failed", "done"))
        ]
    )

    found = read(client)

    assert [found["wsis_mails_failed", ("queue", queue)] for queue in ("account", "bulk")] == [0, 1]
    assert [found["wsis_jobs", ("concern", one)] for one in ("late", "given-up", "again")] == [1, 2, 0]
    task = ("task", "events.tasks.deliver_due")
    assert 60 <= found["wsis_task_age_seconds", task] < 90
    assert 3600 <= found["wsis_task_failure_age_seconds", task] < 3630
    assert found["wsis_part_ready", ("part", "jobs")] == 0


def test_what_only_the_database_knows_is_not_gone_with_it(client, db):
    def refuse(execute, sql, params, many, context):
        raise OperationalError("gone")

    with connection.execute_wrapper(refuse):
        found = read(client)

    told = {name[1:]: value for name, value in found.items() if name[0] == "wsis_part_ready"}
    assert told == {(("part", "database"),): 0, (("part", "web"),): 1, (("part", "broker"),): 1}
    assert {name[0] for name in found} & {"wsis_jobs", "wsis_mails_failed", "wsis_clock_off_seconds"} == set()


def test_only_this_machine_or_the_token_reads_metrics(client, db, settings):
    settings.METRICS_TOKEN = TOKEN
    for headers, status in [
        ({}, 200),
        ({"REMOTE_ADDR": "::1"}, 200),
        ({"REMOTE_ADDR": "192.0.2.7"}, 404),
        ({"REMOTE_ADDR": ""}, 404),
        ({"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, 404),  # a proxy on this machine
        ({"HTTP_FORWARDED": "for=127.0.0.1"}, 404),
        ({"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}, 200),
        ({"HTTP_X_FORWARDED_FOR": "192.0.2.7", "HTTP_AUTHORIZATION": f"bearer {TOKEN}"}, 200),
        ({"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": f"Bearer {TOKEN}x"}, 404),
        ({"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": "Bearer ä"}, 404),
        ({"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": f"Basic {TOKEN}"}, 404),
    ]:
        assert client.get("/metrics", **headers).status_code == status, (headers, status)


def test_this_machine_needs_the_token_where_a_proxy_stands_before_the_site(client, db, settings):
    settings.METRICS_TOKEN, settings.TRUSTED_PROXIES = TOKEN, 1

    answers = [client.get("/metrics"), client.get("/metrics", HTTP_AUTHORIZATION=f"Bearer {TOKEN}")]

    assert [answer.status_code for answer in answers] == [404, 200]


def test_no_token_is_no_key(client, db, settings):
    settings.METRICS_TOKEN = ""

    answers = [
        client.get("/metrics", REMOTE_ADDR="192.0.2.7", HTTP_AUTHORIZATION=value) for value in ("Bearer ", "Bearer")
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
