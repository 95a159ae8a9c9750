"""Addresses of this app, below an optional language. `forum` is the forum's slug, `number` a category's, `code` a nomination's."""

from django.urls import include, path

from events.shared.pages import url_converters  # noqa: F401  for <key:…>
from prizes.editions import views as editions_views
from prizes.nominations import views as nominations_views
from prizes.outcome_document import views as outcome_document_views
from prizes.results import views as results_views
from prizes.review import views as review_views
from prizes.road_maps import views as road_map_views
from prizes.verify import views as verify_views
from prizes.vote import views as vote_views

app_name = "prizes"
# Below one address: what is asked for elsewhere is not compared with each of these.
OF_A_FORUM = [
    path("", editions_views.home, name="home"),
    path("card/", editions_views.card, name="card"),
    path("<key:number>/", editions_views.category, name="category"),
    path("<key:number>/<slug:code>/", editions_views.nominee, name="nominee"),
    path("nominate/", nominations_views.mine, name="nominations"),
    path("nominate/new/", nominations_views.begin, name="nominate-new"),
    path("nominate/<slug:code>/", nominations_views.state, name="nomination"),
    path("nominate/<slug:code>/save/", nominations_views.pages.save_view, name="nominate-save"),
    path("nominate/<slug:code>/withdraw/", nominations_views.withdraw, name="nominate-withdraw"),
    path("nominate/<slug:code>/files/", nominations_views.files, name="nominate-files"),
    path(
        "nominate/<slug:code>/files/<key:pk>/remove/",
        nominations_views.remove_file,
        name="nominate-file-remove",
    ),
    path("nominate/<slug:code>/files/<key:pk>/", nominations_views.file, name="nominate-file"),
    path("nominate/<slug:code>/<slug:step>/", nominations_views.pages.step_view, name="nominate-step"),
    path("review/", review_views.desk, name="review-desk"),
    path("review/<slug:code>/", review_views.review, name="review"),
    path("review/<slug:code>/save/", review_views.save, name="review-save"),
    path("review/<slug:code>/conflict/", review_views.conflict, name="review-conflict"),
    path("review/<slug:code>/files/<key:pk>/", review_views.document, name="review-document"),
    path("vote/", vote_views.ballot, name="ballot"),
    path("vote/start/", vote_views.start, name="ballot-start"),
    path("vote/receipt/", vote_views.receipt, name="receipt"),
    path("vote/<key:number>/", vote_views.category, name="ballot-category"),
    path("chain/", verify_views.chain, name="chain"),
    path("chain/feed/", verify_views.feed, name="chain-feed"),
    path("results/", results_views.results, name="results"),
    path("results/bundle.zip", verify_views.bundle, name="bundle"),
    path("results/recount.py", verify_views.recount_script, name="recount-script"),
    path("results/<slug:table>.<slug:ending>", results_views.results_file, name="results-file"),
    path("results/check/", verify_views.check, name="check"),
]
urlpatterns = [
    path("<slug:forum>/prizes/", include(OF_A_FORUM)),
    path("<slug:forum>/outcomes/document/", outcome_document_views.document, name="document"),
    path("<slug:forum>/outcomes/document/<key:number>.<slug:kind>", outcome_document_views.file, name="document-file"),
    path("<slug:forum>/action-lines/<slug:line>/", road_map_views.line, name="road-map"),
    path("<slug:forum>/statistics/editions/", road_map_views.editions, name="editions"),
    path("<slug:forum>/statistics/editions.<slug:ending>", road_map_views.editions_file, name="editions-file"),
    path("verify/<slug:code>/certificate.pdf", results_views.certificate, name="certificate"),
]
