"""/metrics: what is counted, by whom it is read, and what becomes of the figures of a process that is gone."""

import io
import json
import subprocess
import sys
import threading
import time

import pytest
from django.core.management import call_command
from prometheus_client.parser import text_string_to_metric_families

from config.monitoring import exposition, heartbeats, metrics, process_files
from config.monitoring.parts import Found, State
from config.monitoring.readiness import Asked, Report
from events.models import PdfFile
from tests.factories import MessageFactory, SessionFactory

TOKEN = "a-token-of-thirty-characters-x"


@pytest.fixture(autouse=True)
def _figures_of_its_own(settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path
    counted = metrics.Counted()
    monkeypatch.setattr(metrics, "_numbers", counted)
    yield
    counted.close()


def read(client, **headers):
    """The samples of /metrics: (name, labels) → value."""
    text = client.get("/metrics", **headers).content.decode()
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def requests(samples, kind, status="2xx"):
    return samples.get(("wsis_request_seconds_count", ("kind", kind), ("status", status)), 0)


def test_requests_are_counted_by_the_kind_of_page_and_no_address_is_told(client, db):
    client.get("/healthz")
    client.get("/healthz")
    client.get("/nobody@example.org/")
    client.get("/static/secret-name.css")
    client.get("/media/documents/secret-name.pdf")

    text = client.get("/metrics").content.decode()
    samples = read(client)

    counted = [
        requests(samples, kind, status) for kind, status in (("healthz", "2xx"), ("media", "4xx"), ("static", "4xx"))
    ]
    assert counted == [2, 1, 1]
    assert [word for word in ("nobody", "secret-name") if word in text] == []


def test_file_that_is_being_made_is_no_error_and_one_that_cannot_be_made_is(client, db, noon, settings):
    settings.HAS_WORKERS = True
    SessionFactory()
    counted = []

    for state in ("making", "failed"):
        PdfFile.objects.update(state=state)
        client.get("/2020/programme.pdf")
        samples = read(client)
        counted.append([requests(samples, "events:booklet", status) for status in ("being made", "5xx")])

    assert counted == [[1, 0], [1, 1]]


def test_times_stand_in_their_bounds_and_add_up(client, db):
    for seconds in (0.0004, 0.3, 0.3, 99):
        metrics.observe_request("finished", 200, seconds)

    samples = read(client)
    labels = (("kind", "finished"), ("status", "2xx"))
    within = {
        le: samples["wsis_request_seconds_bucket", labels[0], ("le", le), labels[1]] for le in ("0.25", "0.5", "+Inf")
    }

    assert within == {"0.25": 1, "0.5": 3, "+Inf": 4}
    assert samples["wsis_request_seconds_sum", *labels] == pytest.approx(99.6004)


def test_threads_lose_no_count(client, db):
    def count():
        for _number in range(2000):
            metrics.observe_request("finished", 200, 0.001)

    threads = [threading.Thread(target=count) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert requests(read(client), "finished") == 8000


def test_counting_costs_a_finished_page_next_to_nothing():
    began = time.thread_time()
    for _number in range(20_000):
        metrics.observe_request("finished", 200, 0.001)

    assert (time.thread_time() - began) / 20_000 < 20e-6  # it is about 1 µs on an idle machine


def kill_some(settings, number=3):
    """Let processes count one answer and one choice each, and kill them."""
    code = (
        "from django.conf import settings\n"
        f"settings.configure(DATA_DIR={str(settings.DATA_DIR)!r})\n"
        "from config.monitoring import metrics\n"
        "metrics.observe_request('finished', 200, 0.1); metrics.count_choice(); metrics.write()\n"
        "import os; os.kill(os.getpid(), 9)\n"
    )
    killed = [subprocess.Popen([sys.executable, "-c", code]) for _number in range(number)]
    for process in killed:
        process.wait()
    return process_files.folder()


def test_figures_of_a_process_that_is_gone_stay_and_its_files_go(client, db, settings):
    folder = kill_some(settings)

    samples = [read(client) for _number in range(2)]

    assert [requests(one, "finished") for one in samples] == [3, 3]
    assert [one["wsis_choices_total",] for one in samples] == [3, 3]
    assert sorted(path.name for path in folder.glob("*.json")) == sorted(
        ["gone.json", *(path.with_suffix(".json").name for path in folder.glob("*.alive"))]
    )
    assert len(list(folder.glob("*.alive"))) == 1  # the test's own


def test_files_of_processes_that_are_gone_do_not_pile_up_where_nobody_asks(settings):
    folder = kill_some(settings)

    process_files.ProcessFile(folder)

    assert len(list(folder.glob("*.alive"))) == 1
    assert process_files.gather()[0]["choices",] == [3]


def test_process_whose_files_could_not_be_deleted_counts_once(settings):
    folder = kill_some(settings)
    files = {path: path.read_bytes() for path in folder.iterdir()}
    sums = [process_files.gather()[0]["choices",]]
    for path, content in files.items():  # as if whoever put the folder in order had been killed before it deleted them
        path.write_bytes(content)

    sums += [process_files.gather()[0]["choices",] for _number in range(2)]

    assert sums == [[3]] * 3
    assert list(folder.glob("*.alive")) == []


@pytest.mark.parametrize("name", ["order.lock", "gone.draft"])
def test_folder_that_cannot_be_written_is_read_all_the_same(client, db, settings, name):
    folder = kill_some(settings)
    for path in folder.glob(name):
        path.unlink()
    (folder / name).mkdir()  # a full or read-only disk refuses the same two files

    samples = read(client)

    assert (samples["wsis_choices_total",], requests(samples, "finished")) == (3, 3)
    assert samples["wsis_processes",] <= 1  # those that were killed are not among them
    assert ("wsis_part_ready", ("part", "database")) in samples


def test_count_that_takes_long_is_told_as_it_was_and_holds_nothing_else_up(client, transactional_db, monkeypatch):
    MessageFactory(state="failed")
    heartbeats.write("beat", node="one")
    counts, release = iter([0, 10]), threading.Event()

    def count():
        release.wait(next(counts))
        return [("bulk", "failed", 1)]

    monkeypatch.setattr(exposition, "_counted", Asked(lambda now: count(), silent=list, every=0, keeps=120))
    monkeypatch.setattr(exposition, "_living", Asked(exposition._living._ask, silent=list))
    samples = [read(client) for _number in range(3)]
    release.set()

    assert [one["wsis_outbox_mails", ("queue", "bulk"), ("state", "failed")] for one in samples] == [1, 1, 1]
    ages = [[name for name in one if name[0] == "wsis_heartbeat_age_seconds"] for one in samples]
    assert [len(found) for found in ages] == [1, 1, 1]


def test_what_only_the_database_knows_is_not_gone_with_it(client, db, monkeypatch):
    states = (State("database", Found.NO_ANSWER), State("worker bulk", Found.UNKNOWN), State("clock", Found.UNKNOWN))
    monkeypatch.setattr(exposition.readiness, "report", lambda: Report(states))

    samples = read(client)

    told = {
        name[1:]: value for name, value in samples.items() if name[0] in {"wsis_part_ready", "wsis_clock_off_seconds"}
    }
    assert told == {(("part", "database"),): 0}


def test_figures_that_cannot_be_written_or_read_cost_no_request(client, db, settings):
    (settings.DATA_DIR / "metrics").write_text("no folder")
    metrics.observe_request("finished", 200, 0.1)
    metrics.write()

    settings.DATA_DIR = settings.DATA_DIR / "other"
    process_files.folder().mkdir(parents=True)
    for text in ("", "{", "[1]", json.dumps([[["requests", "finished", "2xx"], [1, 2]]])):
        (process_files.folder() / "gone.json").write_text(text)
        assert client.get("/metrics").status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
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
    ],
)
def test_only_this_machine_or_the_token_reads_metrics(client, db, settings, headers, status):
    settings.METRICS_TOKEN = TOKEN

    assert client.get("/metrics", **headers).status_code == status


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


def test_command_prints_the_same_for_a_machine_without_a_web_server(db):
    metrics.observe_task("events.tasks.deliver_due", "succeeded", 0.2)
    printed = io.StringIO()

    call_command("metrics", stdout=printed)

    names = {family.name for family in text_string_to_metric_families(printed.getvalue())}
    assert {"wsis_task_seconds", "wsis_part_ready", "wsis_outbox_mails"} <= names
