"""What figures to touch have in common: one that a cell adds later comes alive too, those that live are left alone."""

from pathlib import Path
from typing import Any

from conftest import ROOT
from playwright.sync_api import expect

ADD_ANOTHER = """async (module) => {
    const living = document.querySelector("[data-touch]"), added = document.createElement("div");
    Object.assign(added.dataset, { touch: living.dataset.touch, model: living.dataset.model });
    living.querySelector("button, select, input").dataset.was = "here";
    living.after(added);
    const { build } = await import(module);
    build();
    return [living, added].map((one) => one.classList.contains("touch-frame"));
}"""


def chapters_with_figures(site: Path) -> dict[str, str]:
    """Which kinds there are, and a page with each."""
    pages = sorted(site.glob("book/[01]*.html"))
    kinds = [path.stem for path in sorted((ROOT / "book/_static/touch").glob("*.css")) if path.stem != "frame"]
    return {
        kind: next(page.name for page in pages if f'data-touch="{kind.replace("_", "-")}"' in page.read_text("utf8"))
        for kind in kinds
    }


def test_a_figure_that_comes_later_comes_alive(browser: Any, server: str, site: Path) -> None:
    found = chapters_with_figures(site)
    assert len(found) >= 5
    context = browser.new_context()
    for kind, chapter in found.items():
        page = context.new_page()
        page.goto(f"{server}book/{chapter}", wait_until="networkidle")
        expect(page.locator("[data-touch][data-alive]").first).to_be_attached()
        before = page.locator("[data-touch] :is(button, select, input)").count()
        framed = page.evaluate(ADD_ANOTHER, f"{server}_static/touch/{kind}.js")
        assert framed == [True, True], kind
        assert page.locator("[data-touch] :is(button, select, input)").count() > before > 0, kind
        assert page.locator("[data-was=here]").count() == 1, f"{kind}: the living figure was built anew"
        page.close()
    context.close()
