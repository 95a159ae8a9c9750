"""Addresses of this app, below an optional language. `forum` is the forum's slug, `number` a category's, `code` a nomination's."""

from django.urls import path

from events import converters  # noqa: F401  for <key:…>
from prizes.views import ballot, chain, nominate, nominate_check, nominate_files, public, results, review

app_name = "prizes"
urlpatterns = [
    path("<slug:forum>/prizes/", public.home, name="home"),
    path("<slug:forum>/prizes/card/", public.card, name="card"),
    path("<slug:forum>/prizes/<key:number>/", public.category, name="category"),
    path("<slug:forum>/prizes/<key:number>/<slug:code>/", public.nominee, name="nominee"),
    path("<slug:forum>/prizes/nominate/", nominate.mine, name="nominations"),
    path("<slug:forum>/prizes/nominate/new/", nominate.begin, name="nominate-new"),
    path("<slug:forum>/prizes/nominate/<slug:code>/", nominate.state, name="nomination"),
    path("<slug:forum>/prizes/nominate/<slug:code>/save/", nominate.save, name="nominate-save"),
    path("<slug:forum>/prizes/nominate/<slug:code>/withdraw/", nominate_check.withdraw, name="nominate-withdraw"),
    path("<slug:forum>/prizes/nominate/<slug:code>/files/", nominate_files.files, name="nominate-files"),
    path(
        "<slug:forum>/prizes/nominate/<slug:code>/files/<key:pk>/remove/",
        nominate_files.remove_file,
        name="nominate-file-remove",
    ),
    path("<slug:forum>/prizes/nominate/<slug:code>/files/<key:pk>/", nominate_files.file, name="nominate-file"),
    path("<slug:forum>/prizes/nominate/<slug:code>/<slug:step>/", nominate.step, name="nominate-step"),
    path("<slug:forum>/prizes/review/", review.desk, name="review-desk"),
    path("<slug:forum>/prizes/review/<slug:code>/", review.review, name="review"),
    path("<slug:forum>/prizes/review/<slug:code>/save/", review.save, name="review-save"),
    path("<slug:forum>/prizes/review/<slug:code>/conflict/", review.conflict, name="review-conflict"),
    path("<slug:forum>/prizes/review/<slug:code>/files/<key:pk>/", review.document, name="review-document"),
    path("<slug:forum>/prizes/vote/", ballot.ballot, name="ballot"),
    path("<slug:forum>/prizes/vote/start/", ballot.start, name="ballot-start"),
    path("<slug:forum>/prizes/vote/receipt/", ballot.receipt, name="receipt"),
    path("<slug:forum>/prizes/vote/<key:number>/", ballot.category, name="ballot-category"),
    path("<slug:forum>/prizes/chain/", chain.chain, name="chain"),
    path("<slug:forum>/prizes/chain/feed/", chain.feed, name="chain-feed"),
    path("<slug:forum>/prizes/results/", results.results, name="results"),
    path("<slug:forum>/prizes/results/<slug:table>.csv", results.results_csv, name="results-csv"),
    path("<slug:forum>/prizes/results/bundle.zip", chain.bundle, name="bundle"),
    path("<slug:forum>/prizes/results/recount.py", chain.recount_script, name="recount-script"),
    path("<slug:forum>/prizes/results/check/", chain.check, name="check"),
    path("verify/<slug:code>/", results.verify, name="verify"),
    path("verify/<slug:code>/certificate.pdf", results.certificate, name="certificate"),
]
