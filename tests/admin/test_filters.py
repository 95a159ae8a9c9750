"""What a list does not show, its address does not tell: filters and orders that are typed by hand."""

import pytest
from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.urls import reverse

from events.models import MailText
from events.proposals import decisions
from events.shared.admin.admin_bases import SiteAdmin
from events.shared.admin.admin_page_bases import admins_of
from tests.admin.rows import MAKERS
from tests.events.proposals.factories import CallFactory, ProposalFactory, fill, staff
from tests.factories import NOW, boss

pytestmark = pytest.mark.django_db
PROPOSALS = "/admin/events/proposal/"
OURS = sorted(
    (
        (model, one)
        for model, one in admins_of(admin.site).items()
        if isinstance(one, SiteAdmin) and model is not MailText  # a page of its own in place of a list
    ),
    key=lambda pair: pair[0]._meta.label,
)
each_admin = pytest.mark.parametrize(("model", "model_admin"), OURS, ids=[m._meta.label for m, _a in OURS])


def list_of(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.mark.parametrize("group", ["proposal reviewers", "programme"])
@pytest.mark.parametrize(
    "query", ["mean_points__gte=2", "points_given=1", "is_own=0", "mean_points=2", "points_given__lte=1"]
)
def test_filter_tells_no_points(client, group, query):
    reader = staff(group)
    own = group == "programme"
    proposal = fill(ProposalFactory(forum=CallFactory().forum, **({"proposer": reader} if own else {})))
    decisions.score(proposal, by=staff(), points=2, now=NOW)
    client.force_login(reader)

    assert client.get(f"{PROPOSALS}?{query}").status_code == 400
    assert client.get(f"{PROPOSALS}?kind__exact=workshop").context["cl"].result_count == 1


@pytest.mark.whole
@each_admin
def test_lists_filter_and_order_by_what_they_show_only(organiser_site, rf, model, model_admin):
    request = rf.get("/")
    request.user = boss()
    query = model_admin.get_queryset(request).query
    changes = model_admin.get_changelist_instance(request)
    row = MAKERS[model]()

    computed = {*query.annotations, *query._filtered_relations}
    hanging = {one.name for one in model._meta.get_fields() if one.auto_created and not one.concrete}
    secret = sorted(computed | hanging | {"nothing_at_all"})
    for name in secret:
        for lookup in ("", "__gte", "__isnull", "__pk", "__pk__gte"):
            with pytest.raises(DisallowedModelAdminLookup):
                changes.get_filters_params({name + lookup: ["1"]})
    assert organiser_site.get(list_of(model), {f"{secret[0]}__gte": "1"}).status_code == 400
    for name in ("pk", model._meta.pk.name, "pk__in"):
        assert changes.get_filters_params({name: [str(row.pk)]}) != {}
    answer = organiser_site.get(list_of(model), {"pk__in": str(row.pk), "o": "999.-999.--1._mean.1.999.-"})
    assert (answer.status_code, [one.pk for one in answer.context["cl"].result_list]) == (200, [row.pk])


def test_own_proposal_has_no_place_among_the_points_of_others(client):
    reader, scorer = staff(), staff()
    forum = CallFactory().forum
    rows = {points: fill(ProposalFactory(forum=forum)) for points in (1, 5)}
    own = fill(ProposalFactory(forum=forum, proposer=reader))
    for points, row in [*rows.items(), (3, own)]:
        decisions.score(row, by=scorer, points=points, now=NOW)
    client.force_login(reader)

    found, place = [], client.get(PROPOSALS).context["cl"].list_display.index("scores")
    for order in (place, -place):
        listed = client.get(PROPOSALS, {"o": order}).context["cl"]
        found.append([row.pk for row in listed.result_list])

    assert own.pk not in (found[0][1], found[1][1])
    assert rows[1].pk in found[0][:2]
