"""What the tests of pages read off one that is open, and what holds of each: that one can read it.

The latter are the tests of EveryPage, of which a file of tests has a class of its own pages.
"""

from __future__ import annotations

import pytest

NARROW, WIDE = 400, 1600
NONE = "\N{EN DASH}"


def table(page, selector):
    """The cells of a table's rows, without its headings."""
    return page.eval_on_selector_all(
        f"{selector} tr:has(td)",
        "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))",
    )


def titles(page, selector):
    """The tooltip and the text of each element."""
    return page.eval_on_selector_all(selector, "all => all.map(e => [e.title, e.innerText.trim()])")


def cells_of(schedule_json):
    """What the cells of a core grid have to say."""
    (width, _), tiles = schedule_json["core_grid"], schedule_json["tiles_per_core"]
    for core, (start, count) in enumerate(tiles):
        held = f"blocks {start} to {start + count - 1}" if count else "idle"
        yield [f"core ({core % width}, {core // width}): {held}", str(count or "")]


def banks_of(pages, banks):
    """What the bars of a tensor's banks have to say."""
    for bank in range(banks):
        count = len(range(bank, pages, banks))
        yield [f"bank {bank}: {count} pages, {bank} and each {banks}th after", str(count)]


class EveryPage:
    """What holds of each page, light and dark, in a narrow window and in a wide one."""

    pages: tuple[str, ...]

    def pytest_generate_tests(self, metafunc):
        metafunc.parametrize("name", self.pages)

    @pytest.mark.parametrize("width", [NARROW, WIDE])
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_a_page_is_accessible(self, show, name, scheme, width):
        """Contrast, headings, tables and language, by the rules of axe."""
        page, _ = show(name, width, scheme)
        from axe_playwright_python.sync_playwright import Axe

        # axe can't judge text on a gradient, which here are the shadows of what can be scrolled.
        page.add_style_tag(content=".wide { background: none }")
        results = Axe().run(page)
        assert "gradient" not in str(results.response["incomplete"])
        assert results.violations_count == 0, results.generate_report()
        checked = {rule["id"] for rule in results.response["passes"]}
        assert {"color-contrast", "document-title", "html-has-lang"} <= checked
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 29)"}[scheme]

    @pytest.mark.parametrize("width", [NARROW, WIDE])
    def test_a_page_fits_its_window(self, show, name, width):
        """Only what is marked as wide scrolls by itself, and at 1600 pixels nothing has to."""
        page, _ = show(name, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        scrolling = page.eval_on_selector_all(
            ".wide", "all => all.filter(e => e.scrollWidth > e.clientWidth).length"
        )
        assert scrolling == 0 or width == NARROW
        smallest = page.eval_on_selector_all(
            "body *",
            "all => Math.min(...all.filter(e => e.innerText && !e.children.length)"
            ".map(e => parseFloat(getComputedStyle(e).fontSize)))",
        )
        assert smallest >= 10
        cut = page.eval_on_selector_all(
            "body *:not(.wide)",
            "all => all.filter(e => e.scrollWidth > e.clientWidth + 1 && !e.closest('.wide')"
            " && getComputedStyle(e).display != 'inline').map(e => e.outerHTML.slice(0, 80))",
        )
        assert cut == []
