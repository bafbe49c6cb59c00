"""axe-core, asked about a page as it stands: what is wrong by WCAG 2.2 AA and by its own good practice."""

from functools import cache

from django.conf import settings
from playwright.sync_api import Page

# Half-faded text has no contrast. What moves for ever is not waited for.
STILL = """() => Promise.all(document.getAnimations()
  .filter((animation) => animation.effect.getTiming().iterations < Infinity)
  .map((animation) => animation.finished.catch(() => {})))"""

RUN = """async () => {
  const { violations } = await axe.run(document, {
    resultTypes: ["violations"],
    rules: { "target-size": { enabled: true } },  // WCAG 2.2's own, which axe leaves out unless it is asked for
  });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target}: ${failureSummary}`));
}"""


def faults(page: Page) -> list[str]:
    """What axe-core finds wrong with what is shown now; nothing, if all is well."""
    page.evaluate(STILL)
    if not page.evaluate("'axe' in window"):
        page.evaluate(_source())  # by the debugger, which the page's policy does not bind
    return page.evaluate(RUN)


@cache
def _source() -> str:
    return (settings.LIBRARIES_DIR / "axe-core" / "axe.min.js").read_text()
