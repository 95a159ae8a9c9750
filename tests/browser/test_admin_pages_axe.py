"""Every page of the organisers' site, wide and narrow, light and dark, left to right and back: axe finds nothing serious, and
nothing sticks out at the side."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib import admin
from django.urls import reverse

from events.shared.admin.admin_page_bases import admins_of
from tests.admin.rows import MAKERS
from tests.admin.test_pages import NO_ADD
from tests.conftest import RULES_OF_A_SCREEN

pytestmark = pytest.mark.browser
# Language and screens: each width and each scheme comes in both directions of writing.
SCREENS = [("", [(1280, "light"), (390, "dark")]), ("/ar", [(1280, "dark"), (390, "light")])]
STILL = "() => document.getAnimations().every((one) => one.effect.getComputedTiming().iterations === Infinity)"
STICKS_OUT = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
# Once what a screen changes has begun, what is on its way to another colour is there at once.
ENDED = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))).then(() =>
  document.getAnimations().filter((one) => one.effect.getComputedTiming().iterations !== Infinity)
  .forEach((one) => one.finish()))"""
OPENED = """() => document.querySelector(".action-select")?.click()"""  # a row is chosen, so that the dock is there
FRAME = ("#header", ".side")  # is the same around each page: looked at on the first one
ALL_PARTS = "() => document.querySelectorAll('.part').forEach((part) => (part.hidden = false))"  # the tabs of a form


@pytest.fixture
def every_row(transactional_db, settings, tmp_path, page, sign_in, boss):
    """A row of every model; an organiser is signed in."""
    settings.MEDIA_ROOT = tmp_path
    sign_in(page, boss)
    page.add_init_script(Axe().axe_script)  # sent once, and not to each page
    return {model: MAKERS[model]() for model in admins_of(admin.site)}


def faults_of(page, addresses, *, axe, screens, before):
    """What axe finds (all of its rules on a wide screen by day, else what colours and widths can break), and where a page is wider
    than the screen, at each address on each screen."""
    found = []
    for number, address in enumerate(addresses):
        assert page.goto(address).status == 200, address
        page.evaluate(before)
        for width, scheme in screens:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.evaluate(ENDED)
            page.wait_for_function(STILL)
            if page.evaluate(STICKS_OUT):
                found.append((address, width, "sticks out"))
            rules = None if (width, scheme) == (1280, "light") else RULES_OF_A_SCREEN
            try:
                axe(page, rules, exclude=FRAME if number else ())
            except AssertionError as fault:
                found.append((address, width, scheme, str(fault)[:900]))
    return found


@pytest.mark.whole
@pytest.mark.parametrize(("prefix", "screens"), SCREENS, ids=["en", "ar"])
def test_lists_hold_on_every_screen(page, live_site, axe, every_row, prefix, screens):
    names = [f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in every_row]
    addresses = [f"{live_site}{prefix}{reverse(name)}?forum=all" for name in names]

    assert faults_of(page, addresses, axe=axe, screens=screens, before=OPENED) == []


@pytest.mark.whole
@pytest.mark.parametrize(("prefix", "screen"), [("", (1280, "light")), ("/ar", (390, "dark"))], ids=["en", "ar"])
def test_add_and_change_pages_hold(page, live_site, axe, every_row, prefix, screen):
    """The add page by day on a desk, the change page by night on a phone from right to left (where nothing is added, the change
    page on both); all tabs at once."""
    addresses = []
    for model, row in every_row.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        is_add = not prefix and model._meta.label not in NO_ADD
        path = reverse(f"{name}_add") if is_add else reverse(f"{name}_change", args=[row.pk])
        addresses.append(f"{live_site}{prefix}{path}")

    assert faults_of(page, addresses, axe=axe, screens=[screen], before=ALL_PARTS) == []


@pytest.mark.parametrize(
    ("prefix", "screens"),
    [
        pytest.param("", [(1280, "light")], id="en"),
        pytest.param("/ar", [(390, "dark")], id="ar"),
        pytest.param("", [(390, "dark")], id="en, narrow", marks=pytest.mark.whole),
        pytest.param("/ar", [(1280, "dark"), (390, "light")], id="ar, others", marks=pytest.mark.whole),
    ],
)
def test_pages_of_each_template_hold_on_every_screen(page, live_site, axe, every_row, prefix, screens):
    """A list and a page of a row for each template that there is, in place of those of all models."""
    lists, pages = {}, {}
    for model, row in every_row.items():
        own, name = admin.site.get_model_admin(model), f"admin:{model._meta.app_label}_{model._meta.model_name}"
        lists.setdefault(own.change_list_template, f"{reverse(f'{name}_changelist')}?forum=all")
        pages.setdefault(own.change_form_template, reverse(f"{name}_change", args=[row.pk]))
    addresses = [f"{live_site}{prefix}{path}" for path in (*lists.values(), *pages.values())]

    assert faults_of(page, addresses, axe=axe, screens=screens, before=OPENED) == []
    assert len(addresses) > 5
