"""Addresses of this app, below an optional language."""

from django.urls import path, re_path

from events.api import schema as api
from events.exchange import views as exchange_views
from events.forums import views as forum_views
from events.news import views as news_views
from events.outcomes import views as outcome_views
from events.outcomes.commitments import commitment_views
from events.outcomes.report import report_views
from events.practical import views as practical_views
from events.programme import download_views
from events.programme import views as programme_views
from events.proposals import views as proposal_views
from events.proposals.hosting import views as hosting_views
from events.proposals.speakers import speaker_pages
from events.schedule.releases import views as releases_views
from events.shared.pages import url_converters  # noqa: F401  for <key:…>
from events.shared.pdf import verify_views

app_name = "events"
CODE = r"(?P<forum>[-\w]+)/programme/(?P<code>[0-9A-Z]{6})"
PROPOSAL = r"(?P<forum>[-\w]+)/proposals/(?P<code>[0-9A-Z]{6})"
HOSTED = r"(?P<forum>[-\w]+)/hosted/(?P<code>[0-9A-Z]{6})"
urlpatterns = [
    path("", programme_views.index, name="index"),
    path("verify/<slug:code>/", verify_views.verify, name="verify"),
    path("privacy/", programme_views.privacy, name="privacy"),
    path("accessibility/", programme_views.accessibility, name="accessibility"),
    path("api/", api.page, name="api"),
    path("invitation/<str:token>/", hosting_views.invitation, name="invitation"),
    path("invitation/editing/<str:token>/", proposal_views.editing, name="editing"),
    path("invitation/speaker/<str:token>/", speaker_pages.link, name="speaker-link"),
    path("forums/", forum_views.forums, name="forums"),
    path("<slug:forum>/", programme_views.home, name="home"),
    path("<slug:forum>/now/", programme_views.now, name="now"),
    path("<slug:forum>/programme/", programme_views.programme, name="programme"),
    re_path(rf"^{CODE}\.ics\Z", download_views.calendar, name="session-ics"),
    re_path(rf"^{CODE}\.png\Z", download_views.session_card, name="session-card"),
    re_path(rf"^{CODE}/\Z", programme_views.session, name="session"),
    *(
        path(f"<slug:forum>/schedule.{end}", exchange_views.schedule_file, {"ending": end}, name=f"schedule-{end}")
        for end in exchange_views.FILES
    ),
    path("<slug:forum>/programme.pdf", download_views.booklet_file, name="booklet"),
    re_path(
        r"^(?P<forum>[-\w]+)/programme-(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})\.pdf\Z",
        download_views.booklet_file,
        name="day-booklet",
    ),
    path("<slug:forum>/speakers/", programme_views.speakers, name="speakers"),
    path("<slug:forum>/speakers/<key:pk>/", programme_views.speaker, name="speaker"),
    path("<slug:forum>/speakers/<key:pk>.png", download_views.speaker_card, name="speaker-card"),
    path("<slug:forum>/card.png", download_views.card, name="card"),
    path("<slug:forum>/outcomes/", outcome_views.outcomes, name="outcomes"),
    path("<slug:forum>/outcomes/<key:pk>/", outcome_views.outcome, name="outcome"),
    path("<slug:forum>/outcomes/<key:pk>/report/", commitment_views.report, name="commitment"),
    path("<slug:forum>/commitments/", commitment_views.commitments, name="commitments"),
    path("<slug:forum>/outcomes.csv", outcome_views.outcomes_csv, name="outcomes-csv"),
    path("<slug:forum>/info/", practical_views.pages, name="practical-pages"),
    path("<slug:forum>/info/<slug:page>/", practical_views.page, name="practical-page"),
    path("<slug:forum>/news/", news_views.index, name="news"),
    path("<slug:forum>/news/feed/", news_views.feed, name="news-feed"),
    path("<slug:forum>/news/<key:pk>/", news_views.one, name="one-news"),
    path("<slug:forum>/matrix/", programme_views.matrix, name="matrix"),
    path("<slug:forum>/weave.svg", programme_views.weave_file, name="weave"),
    path("<slug:forum>/proposals/", proposal_views.call, name="proposals"),
    path("<slug:forum>/proposals/mine/", proposal_views.mine, name="proposals-mine"),
    path("<slug:forum>/proposals/new/", proposal_views.new, name="proposals-new"),
    re_path(rf"^{PROPOSAL}/\Z", proposal_views.state, name="proposal"),
    re_path(rf"^{PROPOSAL}/editors/\Z", proposal_views.editors, name="proposal-editors"),
    re_path(rf"^{PROPOSAL}/save/\Z", proposal_views.pages.save_view, name="proposal-save"),
    re_path(rf"^{PROPOSAL}/withdraw/\Z", proposal_views.withdraw, name="proposal-withdraw"),
    re_path(rf"^{PROPOSAL}/(?P<step>[a-z]+)/\Z", proposal_views.pages.step_view, name="proposal-step"),
    re_path(rf"^{HOSTED}/\Z", hosting_views.hosted, name="hosted"),
    re_path(rf"^{HOSTED}/report/save/\Z", report_views.pages.save_view, name="report-save"),
    re_path(rf"^{HOSTED}/report/(?P<step>[a-z]+)/\Z", report_views.pages.step_view, name="report-step"),
    re_path(rf"^{HOSTED}/documents/\Z", hosting_views.documents, name="hosted-documents"),
    path("<slug:forum>/releases/", releases_views.index, name="releases"),
    path("<slug:forum>/releases/feed/", releases_views.feed, name="release-feed"),
    path("<slug:forum>/releases/<key:number>/", releases_views.release, name="release"),
    path("<slug:forum>/open-data/", programme_views.open_data, name="open-data"),
]
