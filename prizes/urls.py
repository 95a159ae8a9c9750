"""Addresses of this app, below an optional language. `forum` is the forum's slug, `number` a category's, `code` a nomination's."""

from django.urls import path

from events.pages import url_converters  # noqa: F401  for <key:…>
from prizes.editions import views as editions_views
from prizes.nominations import views as nominations_views
from prizes.results import views as results_views
from prizes.review import views as review_views
from prizes.verify import views as verify_views
from prizes.vote import views as vote_views

app_name = "prizes"
urlpatterns = [
    path("<slug:forum>/prizes/", editions_views.home, name="home"),
    path("<slug:forum>/prizes/card/", editions_views.card, name="card"),
    path("<slug:forum>/prizes/<key:number>/", editions_views.category, name="category"),
    path("<slug:forum>/prizes/<key:number>/<slug:code>/", editions_views.nominee, name="nominee"),
    path("<slug:forum>/prizes/nominate/", nominations_views.mine, name="nominations"),
    path("<slug:forum>/prizes/nominate/new/", nominations_views.begin, name="nominate-new"),
    path("<slug:forum>/prizes/nominate/<slug:code>/", nominations_views.state, name="nomination"),
    path("<slug:forum>/prizes/nominate/<slug:code>/save/", nominations_views.pages.save_view, name="nominate-save"),
    path("<slug:forum>/prizes/nominate/<slug:code>/withdraw/", nominations_views.withdraw, name="nominate-withdraw"),
    path("<slug:forum>/prizes/nominate/<slug:code>/files/", nominations_views.files, name="nominate-files"),
    path(
        "<slug:forum>/prizes/nominate/<slug:code>/files/<key:pk>/remove/",
        nominations_views.remove_file,
        name="nominate-file-remove",
    ),
    path("<slug:forum>/prizes/nominate/<slug:code>/files/<key:pk>/", nominations_views.file, name="nominate-file"),
    path(
        "<slug:forum>/prizes/nominate/<slug:code>/<slug:step>/", nominations_views.pages.step_view, name="nominate-step"
    ),
    path("<slug:forum>/prizes/review/", review_views.desk, name="review-desk"),
    path("<slug:forum>/prizes/review/<slug:code>/", review_views.review, name="review"),
    path("<slug:forum>/prizes/review/<slug:code>/save/", review_views.save, name="review-save"),
    path("<slug:forum>/prizes/review/<slug:code>/conflict/", review_views.conflict, name="review-conflict"),
    path("<slug:forum>/prizes/review/<slug:code>/files/<key:pk>/", review_views.document, name="review-document"),
    path("<slug:forum>/prizes/vote/", vote_views.ballot, name="ballot"),
    path("<slug:forum>/prizes/vote/start/", vote_views.start, name="ballot-start"),
    path("<slug:forum>/prizes/vote/receipt/", vote_views.receipt, name="receipt"),
    path("<slug:forum>/prizes/vote/<key:number>/", vote_views.category, name="ballot-category"),
    path("<slug:forum>/prizes/chain/", verify_views.chain, name="chain"),
    path("<slug:forum>/prizes/chain/feed/", verify_views.feed, name="chain-feed"),
    path("<slug:forum>/prizes/results/", results_views.results, name="results"),
    path("<slug:forum>/prizes/results/<slug:table>.csv", results_views.results_csv, name="results-csv"),
    path("<slug:forum>/prizes/results/bundle.zip", verify_views.bundle, name="bundle"),
    path("<slug:forum>/prizes/results/recount.py", verify_views.recount_script, name="recount-script"),
    path("<slug:forum>/prizes/results/check/", verify_views.check, name="check"),
    path("verify/<slug:code>/certificate.pdf", results_views.certificate, name="certificate"),
]
