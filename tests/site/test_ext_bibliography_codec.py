"""A bibliography with TeX accents is read although a package of the environment claims every codec."""

from pathlib import Path

from ext_book import build

BIB = '@article{key, author={G{\\"o}del, Kurt}, title={{\\"U}ber S{\\"a}tze}, journal={Hefte}, year=1931}'


def test_accents_are_decoded(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source/book.bib").write_text(BIB)
    pages = {"index.md": "# Book\n\n{cite:t}`key`\n\n```{bibliography}\n```\n"}
    extensions = ["sphinxcontrib.bibtex", "page.bibliography_codec"]
    built = build(tmp_path, pages, extensions, bibtex_bibfiles=["book.bib"])
    assert not built.warnings
    assert "Über sätze" in built.article()
    assert "Kurt Gödel" in built.article()
