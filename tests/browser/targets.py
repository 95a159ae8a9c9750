"""What fingers press is large enough on public pages, in any font: a wide one, a tall one, a flat one."""

# One of these comes with any browser: Debian's fontconfig needs the first, other systems have the last.
LOCAL = ", ".join(f'local("{name}")' for name in ("DejaVu Sans Mono", "Liberation Sans", "Noto Sans", "Arial"))
FONTS = {
    "wide": {"sizeAdjust": "130%"},
    "tall": {"ascentOverride": "130%", "descentOverride": "50%"},
    "flat": {"ascentOverride": "75%", "descentOverride": "15%"},
}
# Controls are 44 pixels high, or stand in a label that is; a link that is all that its block says is 24 (WCAG 2.2, 2.5.8).
SMALL = """async ([fonts, local]) => {
  const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && e.getBoundingClientRect().width > 1
      && !e.closest("[inert], .skip, pre, .md, object");
  const covered = (e) => (getComputedStyle(e, "::after").position === "absolute" ? (e.offsetParent ?? e) : e);
  const high = (e) => Math.max(...[e, e.closest("label"), ...(e.labels ?? [])].filter(Boolean)
    .map((one) => covered(one).getBoundingClientRect().height));
  const block = (e) => getComputedStyle(e).display.startsWith("inline") ? block(e.parentElement) : e;
  const words = (e) => e.innerText.replace(/[^\\p{L}\\p{N}]/gu, "");
  const alone = (e) => words(block(e.parentElement)) === words(e);
  const controls = ".button, .chip:is(a, button, label), summary, .switch label, .foot a, .tabs a, button, select, textarea, input:not([type=hidden])";
  const low = [];
  for (const [name, metrics] of Object.entries(fonts)) {
    const face = await new FontFace(name, local, metrics).load();
    document.fonts.add(face);
    document.documentElement.style.setProperty("--font-family", name);
    for (const e of document.querySelectorAll(controls))
      if (seen(e) && high(e) < 43.9) low.push([name, Math.round(high(e)), e.outerHTML.slice(0, 120)]);
    for (const e of document.querySelectorAll("a[href]"))
      if (seen(e) && alone(e) && high(e) < 23.9) low.push([name, Math.round(high(e)), e.outerHTML.slice(0, 120)]);
  }
  document.documentElement.style.removeProperty("--font-family");
  return low;
}"""


def too_small(page):
    """The controls and links of a public page that are too small, with the font and their height."""
    return page.evaluate(SMALL, [FONTS, LOCAL])
