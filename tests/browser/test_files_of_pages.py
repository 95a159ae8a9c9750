"""What a page asks for is used there: each sheet beside the site's own has rules that fit, each script the element it works on."""

import pytest

from tests.test_security import TABLE, World

pytestmark = pytest.mark.browser
WORKS_ON = {
    "now.js": "[data-now-from]",
    "watching.js": "#card",
    "being_made.js": "[data-seconds]",
    "ballot.js": "form",
    "drafts.js": "form",
    "review.js": "form",
}
# What of a page's files finds nothing there: sheets of which no rule fits, scripts without their element.
UNUSED = """(worksOn) => {
  const rules = (list) => [...list].flatMap((one) => (one.selectorText ? [one] : one.cssRules ? rules(one.cssRules) : []));
  const bare = (selector) => selector.replace(/::?(before|after|marker|placeholder|hover|focus[a-z-]*|active|checked|target)/g, ":not(x-y)");
  const name = (address) => address.split("/").pop().replace(/\\.[0-9a-f]{12}/, "");
  const fits = (rule) => document.querySelector(bare(rule.selectorText)) !== null;
  return [
    ...[...document.styleSheets].filter((sheet) => !rules(sheet.cssRules).some(fits)).map((sheet) => name(sheet.href)),
    ...[...document.scripts].filter((one) => one.src && worksOn[name(one.src)]).map((one) => name(one.src))
      .filter((script) => !document.querySelector(worksOn[script])),
  ];
}"""


def test_every_file_of_a_public_page_is_used_there(page, live_site, noon):
    world, unused, pages = World(), {}, 0
    for name, (_address, is_public, _declared) in TABLE.items():
        if not is_public:
            continue
        answer = page.request.get(live_site + world.address(name))
        if "html" not in answer.headers["content-type"] or "<link" not in answer.text():
            continue
        page.goto(live_site + world.address(name))
        unused[name] = page.evaluate(UNUSED, WORKS_ON)
        pages += 1

    assert {name: found for name, found in unused.items() if found} == {}
    assert pages > 15
