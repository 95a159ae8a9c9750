"""recount.py on whole bundles: it agrees with an honest one, and disagrees wherever one is tampered with."""

import ast
import csv
import hashlib
import io
import json
import random
import subprocess
import sys
import zipfile
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.shared.formatting import codes
from prizes.chain import commitments
from prizes.count import bundle, ranking
from prizes.models import Vote
from prizes.verify import recount
from tests.prizes.electorate import make_counted

PLACES = 100
FEWER = 30  # where a forger does more than the hundred places ask for
_made = {}


@pytest.fixture
def made(db):
    """The files of one bundle of middle size, its receipts, and the choices of the ballots that were set aside."""
    if not _made:
        count, ballots = make_counted(ballots=40, categories=3, nominees=4, blocks=8, champions_per_category=2)
        with zipfile.ZipFile(count.bundle.path) as file:
            _made["files"] = {name: file.read(name) for name in file.namelist()}
        votes = Vote.objects.filter(ballot__is_quarantined=True).values_list(
            "category__number", "tracker", "nominee__code", "nonce"
        )
        _made["set_aside"] = {tracker: (number, code, nonce) for number, tracker, code, nonce in votes}
        _made["secrets"] = [ballot.secret for ballot in ballots]
    return _made


@pytest.fixture
def files(made):
    return dict(made["files"])


@pytest.fixture
def pack(tmp_path):
    """A function that writes files as a bundle and returns its path."""

    def write(files):
        with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as bundle:
            for name, content in files.items():
                bundle.writestr(zipfile.ZipInfo(name), content)
        return tmp_path / "bundle.zip"

    return write


@pytest.fixture
def fault(pack):
    """A function that counts a bundle's files again; returns what it finds wrong, "" when everything agrees."""

    def find(files, **known):
        try:
            last = list(recount.recount(pack(files), **known))[-1]
        except Exception as found:  # as main does
            return f"{type(found).__name__}: {found}"
        assert last == "Everything agrees."
        return ""

    return find


# --- tools of a forger ------------------------------------------------------------------------------
def rows(files, name):
    return list(csv.reader(io.StringIO(files[name].decode())))


def put(files, name, table):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    files[name] = text.getvalue().encode()


def edit_summary(files, **choices):
    """Add to the numbers of choices that the summary names."""
    summary = json.loads(files["summary.json"])
    for kind, more in choices.items():
        summary["choices"][kind] += more
    files["summary.json"] = json.dumps(summary).encode()


def edit_votes(files, drawn, edit):
    """Let `edit` change the table of a category, given with the place of one vote in it and the codes of its nominees."""
    name = f"votes/{drawn.choice([1, 2, 3]):02}.csv"
    table = rows(files, name)
    edit(table, drawn.randrange(1, len(table)), nominees(files, int(name[6:8])))
    put(files, name, [table[0], *sorted(table[1:])])


def nominees(files, number):
    return [each["code"] for each in json.loads(files["rules.json"])["nominees"] if each["category"] == number]


def claim(files):
    """Make results and summary fit the votes as they are now listed, as a careful forger would."""
    rules, chain = json.loads(files["rules.json"]), rows(files, "chain.csv")
    tally = Counter(row[1] for name in files if name.startswith("votes/") for row in rows(files, name)[1:])
    gone = {note["nominee"] for row in chain[2:] for note in json.loads(row[4]) if "nominee" in note}
    table = [["category", "nominee", "votes", "rank", "champion", "tied"]]
    for number in (1, 2, 3):
        votes = {code: tally[code] for code in nominees(files, number) if code not in gone}
        for placed in ranking.rank(votes, champions=rules["rules"]["champions_per_category"]):
            signs = ["yes" if sign else "no" for sign in (placed.is_champion, placed.is_tied)]
            table.append([number, placed.key, placed.votes, placed.rank, *signs])
    put(files, "results.csv", table)
    summary = json.loads(files["summary.json"])
    summary["choices"]["counted"] = tally.total()
    summary["choices"]["quarantined"] = len(rows(files, "quarantined.csv")) - 1
    summary["choices"]["all"] = sum(int(row[2]) for row in chain[1:])
    summary["head"] = chain[-1][3]
    files["summary.json"] = json.dumps(summary).encode()


def hash_again(files):
    """Compute all heads from what the blocks hold now."""
    table = rows(files, "chain.csv")
    before = table[1][3] = commitments.first_head(files["rules.json"])
    for number, row in enumerate(table[2:], start=1):
        values = sorted(bytes.fromhex(value.decode()) for value in files.get(f"chain/{number:05}.txt", b"").split())
        row[0], notes = str(number), json.loads(row[4])
        before = commitments.next_head(before, number=number, sealed=row[1], notes=notes, commitments=values)
        row[3] = before
    put(files, "chain.csv", table)


# --- what a forger does; each takes the files and a random generator ------------------------------------
def delete_vote(files, drawn, made):
    edit_votes(files, drawn, lambda table, place, _codes: table.pop(place))


def add_vote(files, drawn, made):
    vote = [commitments.new_nonce(), "", commitments.new_nonce()]
    edit_votes(files, drawn, lambda table, _place, codes: table.append([vote[0], drawn.choice(codes), vote[2]]))


def move_vote(files, drawn, made):
    def edit(table, place, codes):
        table[place][1] = drawn.choice([code for code in codes if code != table[place][1]])

    edit_votes(files, drawn, edit)


def list_vote_twice(files, drawn, made):
    edit_votes(files, drawn, lambda table, place, _codes: table.insert(place, table[place]))


def swap_blocks(files, drawn, made):
    table = rows(files, "chain.csv")
    first, second = drawn.sample(range(2, len(table)), 2)
    table[first], table[second] = table[second], table[first]
    if drawn.random() < 0.5:  # with their commitments, and with new numbers
        table[first][0], table[second][0] = table[second][0], table[first][0]
        names = [f"chain/{place - 1:05}.txt" for place in (first, second)]
        contents = [files.pop(name, None) for name in names]
        for name, content in zip(names, reversed(contents), strict=True):
            if content is not None:
                files[name] = content
    put(files, "chain.csv", table)


def cut_tail(files, drawn, made):
    table = rows(files, "chain.csv")
    put(files, "chain.csv", table[: drawn.randrange(1, len(table))])


def forge_head(files, drawn, made):
    table = rows(files, "chain.csv")
    row, place = drawn.choice(table[1:]), drawn.randrange(64)
    other = drawn.choice([sign for sign in "0123456789abcdef" if sign != row[3][place]])
    row[3] = row[3][:place] + other + row[3][place + 1 :]
    put(files, "chain.csv", table)


def put_back(files, drawn, made):
    """With its true nonce and choice, which only the server knows."""
    table = rows(files, "quarantined.csv")
    _number, tracker, *_rest = table.pop(drawn.randrange(1, len(table)))
    number, code, nonce = made["set_aside"][tracker]
    put(files, "quarantined.csv", table)
    votes = rows(files, f"votes/{number:02}.csv")
    put(files, f"votes/{number:02}.csv", [votes[0], *sorted([*votes[1:], [tracker, code, nonce]])])
    edit_summary(files, quarantined=-1, counted=1)


def change_rule(files, drawn, made):
    rules = json.loads(files["rules.json"])
    kind = drawn.randrange(4)
    if kind == 0:
        rules["rules"]["champions_per_category"] += drawn.randrange(1, 9)
    elif kind == 1:
        rules["rules"]["require_all_categories"] ^= True
    elif kind == 2:
        drawn.choice(rules["nominees"])["title"] += drawn.choice("abc")
    else:
        rules["closes"] = f"2020-08-{drawn.randrange(2, 28):02}T12:20:00Z"
    files["rules.json"] = commitments.canonical(rules).encode()


VOTE_FORGERIES = [delete_vote, add_vote, move_vote, list_vote_twice]
CHAIN_FORGERIES = [swap_blocks, cut_tail, forge_head, change_rule]


def forgeries(files, made, forge, *, places):
    """So many forged copies of the files, each at another place."""
    for seed in range(places):
        forged = dict(files)
        forge(forged, random.Random(seed), made)  # noqa: S311  the same places in every run
        assert forged != files
        yield forged


# --- honest -----------------------------------------------------------------------------------------
def test_tools_of_the_forger_leave_an_honest_bundle_as_it_is(files, fault):
    before = dict(files)
    assert fault(files) == ""

    hash_again(files)
    claim(files)

    assert fault(files) == ""
    assert files["chain.csv"] == before["chain.csv"]
    assert sorted(rows(files, "results.csv")) == sorted(rows(before, "results.csv"))


@pytest.mark.parametrize("forge", [*VOTE_FORGERIES, put_back, *CHAIN_FORGERIES])
def test_disagrees_at_a_hundred_places_also_when_results_and_summary_are_made_to_fit(files, made, fault, forge):
    for place, forged in enumerate(forgeries(files, made, forge, places=PLACES)):
        assert fault(forged).startswith("Disagreement: ")
        if place < FEWER and forge is not put_back:
            claim(forged)
            assert fault(forged)


def test_quarantined_vote_put_back_with_fitting_results_has_another_hash(files, made, fault, pack):
    published = hashlib.sha256(pack(files).read_bytes()).hexdigest()
    assert fault(files, heads=[published]) == ""
    for forged in forgeries(files, made, put_back, places=FEWER):
        claim(forged)

        assert "nor the SHA-256 of this bundle" in fault(forged, heads=[published])


@pytest.mark.parametrize("forge", [change_rule, swap_blocks])
def test_chain_that_is_hashed_again_does_not_have_the_heads_of_receipts(files, made, fault, forge):
    """Whoever writes the whole chain again is found out by a single receipt, and by the published last head."""
    head = rows(files, "chain.csv")[-1][3]
    for forged in forgeries(files, made, forge, places=FEWER):
        hash_again(forged)
        claim(forged)

        assert fault(forged, heads=[head])


# --- each sentence ------------------------------------------------------------------------------------
def edit_table(name, edit):
    return lambda files: put(files, name, edit(rows(files, name)))


def edit_block(change):
    def forge(files):
        name = next(name for name in files if name.startswith("chain/"))
        files[name] = b"\n".join(change(files[name].split())) + b"\n"

    return forge


def vote_for_another_category(files):
    put(files, "votes/01.csv", [*rows(files, "votes/01.csv"), ["Z" * 16, nominees(files, 2)[0], "N"]])


def put_commitment_into_two_blocks(files):
    first, second = sorted(name for name in files if name.startswith("chain/"))[:2]
    value = files[first].split()[0]
    files[second] = b"\n".join(sorted([*files[second].split(), value])) + b"\n"
    table = rows(files, "chain.csv")
    table[1 + int(second[6:11])][2] = str(len(files[second].split()))
    put(files, "chain.csv", table)
    put(files, "other.csv", [*rows(files, "other.csv"), [value.decode(), "replaced"]])
    hash_again(files)


def name_as_withdrawn(files, code):
    summary = json.loads(files["summary.json"])
    summary["withdrawn_after_the_last_block"] = [code]
    files["summary.json"] = json.dumps(summary).encode()


UNSORTED = "are not sorted, or one is there twice"
RESULTS = "results.csv is not what the votes give"


@pytest.mark.parametrize(
    ("forge", "sentence"),
    [
        (vote_for_another_category, "out of order, there twice, or for no nominee"),
        (
            edit_table("other.csv", lambda table: [*table, table[1]]),
            "is not once in a block and once in an explanation",
        ),
        (put_commitment_into_two_blocks, "is not once in a block"),
        (edit_block(lambda lines: lines[::-1]), UNSORTED),
        (edit_block(lambda lines: [*lines, b"00"]), UNSORTED),
        (edit_block(lambda lines: lines[:1] + lines), UNSORTED),
        (lambda files: edit_summary(files, replaced=1), "summary.json does not agree"),
        (edit_table("results.csv", lambda table: [*table, table[-1]]), RESULTS),
        (lambda files: name_as_withdrawn(files, nominees(files, 1)[0]), RESULTS),
        (edit_table("votes/01.csv", lambda _table: [["tracker", "choice", "nonce"]]), "has to have the columns"),
        (edit_table("votes/01.csv", lambda table: [table[0], ["A", "B"]]), "has to have the columns"),
        *[
            (lambda files, name=name: files.pop(name), name)
            for name in ("rules.json", "chain.csv", "votes/02.csv", "quarantined.csv", "other.csv", "results.csv")
        ],
    ],
)
def test_each_fault_is_said_in_its_sentence(files, fault, forge, sentence):
    forge(files)

    assert sentence in fault(files)


def test_nominee_who_withdrew_when_no_block_could_note_it_is_named(files, pack):
    table = rows(files, "results.csv")
    last = max((row for row in table[1:] if row[0] == "1"), key=lambda row: int(row[3]))
    put(files, "results.csv", [row for row in table if row != last])
    name_as_withdrawn(files, last[1])

    told = list(recount.recount(pack(files)))

    assert f"No block says that these nominees withdrew, only summary.json: {last[1]}." in told


# --- the receipt --------------------------------------------------------------------------------------
def test_receipt_finds_its_votes_and_a_tracker_finds_one(files, made, pack):
    secret = made["secrets"][3]
    trackers = {number: commitments.tracker(secret, edition="2020", number=number) for number in (1, 2, 3)}

    found = list(recount.recount(pack(files), secret=codes.groups(secret).lower()))
    one = list(recount.recount(pack(files), tracker=f"02-{codes.groups(trackers[2])}"))

    for number, tracker in trackers.items():
        code = next(row[1] for row in rows(files, f"votes/{number:02}.csv") if row[0] == tracker)
        assert [code in text for text in found if text.startswith(f"Category {number}: counted")] == [True]
    assert found[-1] == "Everything agrees."
    assert [text.partition(",")[0] for text in one if "ategory" in text] == ["Category 2: counted"]


def test_tracker_that_was_set_aside(files, made, pack):
    tracker, (number, code, _nonce) = next(iter(made["set_aside"].items()))
    found = list(recount.recount(pack(files), tracker=f"{number}-{tracker}"))

    assert f"Category {number}: set aside by two organisers; reason: script." in found
    assert code not in str(found)


def test_unknown_receipts_and_heads_are_said_to_be_unknown(files, fault):
    heads = [row[3] for row in rows(files, "chain.csv")[1:]]

    assert "Nothing is found under this" in fault(files, secret=commitments.new_secret())
    assert "Nothing is found under this" in fault(files, tracker="99-ABCD")
    assert fault(files, heads=[heads[2].upper(), heads[-1]]) == ""
    assert "is neither a head of the chain" in fault(files, heads=[heads[0], "0" * 64])


# --- as a program -------------------------------------------------------------------------------------
def run(path, *arguments):
    return subprocess.run([sys.executable, "-I", bundle.RECOUNT, path, *arguments], capture_output=True, text=True)


def test_program_agrees_and_ends_with_zero(files, made, pack):
    done = run(pack(files), "--secret", made["secrets"][0])

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "Everything agrees."
    assert "Category 3: counted" in done.stdout


def test_program_disagrees_in_a_sentence_also_with_what_is_no_bundle(files, made, pack, tmp_path):
    delete_vote(files, random.Random(1), made)  # noqa: S311
    (tmp_path / "other.zip").write_bytes(b"no zip at all")

    forged, other = run(pack(files)), run(tmp_path / "other.zip")

    assert (forged.returncode, other.returncode) == (1, 1)
    assert forged.stderr.startswith("IT DOES NOT AGREE. Disagreement: The commitment")
    assert other.stderr.startswith("IT DOES NOT AGREE. BadZipFile")
    assert "Everything agrees" not in forged.stdout
    assert "Traceback" not in forged.stderr + other.stderr


def test_program_in_the_bundle_is_short_and_needs_python_only(files):
    source = files["recount.py"].decode()
    nodes = list(ast.walk(ast.parse(source, feature_version=(3, 9))))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module.partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}

    assert source == bundle.RECOUNT.read_text()
    assert len(source.splitlines()) <= 200
    assert imported <= sys.stdlib_module_names


@given(votes=st.lists(st.lists(st.integers(0, 5), max_size=8), max_size=4), champions=st.integers(1, 4))
def test_ranking_of_the_script_is_that_of_the_site(votes, champions):
    tally = Counter(
        {f"{number}-{place}": size for number, found in enumerate(votes, 1) for place, size in enumerate(found)}
    )
    rules = {
        "rules": {"champions_per_category": champions},
        "categories": [{"number": number} for number in range(1, len(votes) + 1)],
        "nominees": [{"code": code, "category": int(code.partition("-")[0])} for code in tally],
    }

    found = recount.rank(tally, rules, set())

    expected = []
    for number in range(1, len(votes) + 1):
        own = {code: size for code, size in tally.items() if code.startswith(f"{number}-")}
        for placed in ranking.rank(own, champions=champions):
            signs = ["yes" if sign else "no" for sign in (placed.is_champion, placed.is_tied)]
            expected.append([str(number), placed.key, str(placed.votes), str(placed.rank), *signs])
    assert found == sorted(expected)
