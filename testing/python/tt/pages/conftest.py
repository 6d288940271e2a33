"""A real browser, and the pages that a file's ``documents`` are."""

from __future__ import annotations

import subprocess

import pytest
from page_reading import WIDE


@pytest.fixture(scope="module")
def browser(root):
    from playwright.sync_api import sync_playwright

    search = subprocess.run([root / "ci" / "find_browser.sh"], capture_output=True, text=True)
    assert search.returncode == 0, search.stderr  # never a skip: the lane is to have one
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=search.stdout.strip(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser, documents):
    """Opens a page, and then holds what it asked for and complained of against nothing at all."""
    contexts, trouble = [], []

    def show(name, width=WIDE, scheme="light"):
        contexts.append(
            browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
            )
        )
        page = contexts[-1].new_page()
        path, document = documents[name]
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on(
            "request",
            lambda request: (
                request.url == path.as_uri()
                or request.url.startswith("data:")
                or trouble.append(f"asked for {request.url}")
            ),
        )
        page.goto(path.as_uri())
        return page, document

    yield show
    for context in contexts:
        context.close()
    assert trouble == []
