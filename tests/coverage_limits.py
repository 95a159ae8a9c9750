"""The limits of the full run: 95 % of all code, and every branch of the rule modules."""

import json
from pathlib import Path

TOTAL = 95.0
# Where the rules are; what is left are edges (views, admin, forms, tasks), models and the servers.
RULES = (
    "events/addresses.py",
    "events/calendars.py",
    "events/clashes.py",
    "events/delivery.py",
    "events/exports.py",
    "events/files.py",
    "events/filters.py",
    "events/listing.py",
    "events/files.py",
    "events/markdown.py",
    "events/moments.py",
    "events/outbox.py",
    "events/pages.py",
    "events/programme.py",
    "events/public.py",
    "events/reference.py",
    "events/resources/",
    "events/revision.py",
    "events/scheduling.py",
    "events/search.py",
    "events/showing.py",
    "events/transfer.py",
    "events/uploads.py",
    "events/zones.py",
    "prizes/ballot_mails.py",
    "prizes/ballot_notes.py",
    "prizes/ballots.py",
    "prizes/bundle.py",
    "prizes/chain.py",
    "prizes/checking.py",
    "prizes/commitments.py",
    "prizes/counting.py",
    "prizes/counting_sql.py",
    "prizes/ranking.py",
    "prizes/recount.py",
    "prizes/tending.py",
    "prizes/editions.py",
    "prizes/limits.py",
    "prizes/nominating.py",
    "prizes/nomination_answers.py",
    "prizes/nomination_files.py",
    "prizes/nomination_locks.py",
    "prizes/nomination_mails.py",
    "prizes/nomination_rules.py",
    "prizes/nomination_standing.py",
    "prizes/nomination_states.py",
    "prizes/receipts.py",
    "prizes/titles.py",
    "prizes/voting.py",
    "prizes/words.py",
    "prizes/assigning.py",
    "prizes/blinding.py",
    "prizes/conflicts.py",
    "prizes/criteria.py",
    "prizes/desk.py",
    "prizes/drawing.py",
    "prizes/leaderboard.py",
    "prizes/review_notes.py",
    "prizes/reviewing.py",
    "prizes/scoring.py",
    "prizes/shortlisting.py",
    "prizes/phasing.py",
    "prizes/certificates.py",
    "prizes/embargo.py",
    "prizes/releasing.py",
    "prizes/results.py",
    "prizes/selecting.py",
    "prizes/turnout.py",
    "prizes/closing.py",
    "prizes/integrity/",
    "prizes/keys.py",
    "prizes/mail_domains.py",
    "prizes/quarantining.py",
    "prizes/traces.py",
    "registration/accounts.py",
    "registration/agenda.py",
    "registration/attendance.py",
    "registration/audience.py",
    "registration/booking.py",
    "registration/charts.py",
    "registration/letters.py",
    "registration/notes.py",
    "registration/notices.py",
    "registration/registering.py",
    "registration/reminders.py",
    "registration/subscription.py",
    "registration/suppression.py",
    "registration/tally/",
)


def missed(report: Path) -> list[str]:
    """Return a sentence for each limit that coverage's JSON report misses."""
    found = json.loads(report.read_text())
    sentences = []
    total = found["totals"]["percent_covered"]
    if total < TOTAL:
        sentences.append(f"Coverage is {total:.1f} %, the limit is {TOTAL:.0f} %.")
    for name, file in sorted(found["files"].items()):
        if not name.startswith(RULES) or file["summary"]["percent_covered"] == 100:
            continue
        gaps = [str(line) for line in file["missing_lines"]]
        gaps += [f"{start}→{end}" for start, end in file.get("missing_branches", []) if str(start) not in gaps]
        sentences.append(f"The rules in {name} are not covered: {', '.join(gaps)}.")
    unknown = [rule for rule in RULES if not any(name.startswith(rule) for name in found["files"])]
    return sentences + [f"There is no module {rule}: mend the list in tests/coverage_limits.py." for rule in unknown]
