"""What axe finds wrong on a page in a browser. Knows no page.

The contrast of a text, and whether a link stands out from the text around it, are by far the
dearest of axe's questions, and a page asks them thousands of times with one answer: each look of a
text, with all that lies under it, is examined once. That is what the text stands in, and what was
moved over or under it by its position. Whoever looks at many pages may have what was examined on
one left out on the next.
"""

import json

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# Marks one text of each look that is not known, and returns those looks: what its contrast depends
# on, and the classes for what CSS may hang on them, for itself and for every element that it stands
# in; hashed, since there is much of it.
MARK_LOOKS = """known => {
  const looks = new Map([[null, '']]), seen = new Set(known);
  const hashed = text => {
    let [a, b] = [1, 2];
    for (let k = 0; k < text.length; k++) {
      a = Math.imul(a ^ text.charCodeAt(k), 0x01000193);
      b = Math.imul(b ^ text.charCodeAt(k), 0x9e3779b1);
    }
    return `${a >>> 0}.${b >>> 0}`;
  };
  const look = element => {
    if (looks.has(element)) return looks.get(element);
    const s = getComputedStyle(element);
    const own = [
      element.tagName, element.getAttribute('class'), element.getAttribute('style'),
      s.color, s.backgroundColor, s.backgroundImage, s.opacity, s.filter, s.mixBlendMode,
      s.fontSize, s.fontWeight, s.textShadow, s.textDecoration, s.display, s.visibility, s.position,
    ];
    const found = hashed(JSON.stringify([look(element.parentElement), ...own]));
    looks.set(element, found);
    return found;
  };
  const moved = [...document.body.querySelectorAll('*')]
    .filter(e => ['absolute', 'fixed', 'sticky'].includes(getComputedStyle(e).position))
    .map(e => [e, e.getBoundingClientRect()]).filter(([, box]) => box.width && box.height);
  const whole = element => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const met = moved.filter(([other, box]) => box.left < right && left < box.right
      && box.top < bottom && top < box.bottom && !other.contains(element)
      && !element.contains(other));
    return hashed([look(element), ...new Set(met.map(([other]) => look(other)))].join());
  };
  document.querySelectorAll('[data-link]').forEach(link => link.removeAttribute('data-link'));
  for (const element of document.querySelectorAll('*')) {
    const says = [...element.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim());
    const asked = says || element.matches('input, textarea, select');
    const key = asked && whole(element);
    const first = asked && !seen.has(key);
    if (first) seen.add(key);
    element.toggleAttribute('data-look', first);
    if (first) element.closest('a[href]')?.setAttribute('data-link', '');
  }
  axe.configure({ rules: [
    { id: 'color-contrast', selector: '[data-look]' },
    { id: 'link-in-text-block', selector: 'a[data-link]' },
  ] });
  return [...seen].slice(known.length);
}"""

# The colours fade from one theme to the other.
THEME_CAME = """async theme => {
  while (document.documentElement.dataset.theme !== theme) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  const fading = document.getAnimations().filter(a => a instanceof CSSTransition);
  await Promise.allSettled(fading.map(transition => transition.finished));
}"""


def faults(
    page: Page,
    rules: dict | None = None,
    within: str | None = None,
    known: list[str] | None = None,
) -> list[str]:
    """What is wrong by these of axe's rules, or by all, one line a place. Nothing is excused.

    `known` is for those who look at many pages: the looks that were examined, none at first. What
    is examined here is added.
    """
    # preload is axe reading style sheets by itself, from addresses that it gets wrong.
    options: dict = {"resultTypes": ["violations"], "preload": False}
    if rules:
        options["runOnly"] = rules
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    known = [] if known is None else known
    known += page.evaluate(MARK_LOOKS, known)
    where = json.dumps(within) if within else "document"
    return page.evaluate(
        f"""async options => (await axe.run({where}, options)).violations.flatMap(
            fault => fault.nodes.map(node => `${{fault.id}}: ${{node.html.slice(0, 200)}}`))""",
        options,
    )
