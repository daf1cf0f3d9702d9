"""The links of a page follow the repository the book is built from, and there are none when it is not known."""

import json
import subprocess
from pathlib import Path

import pytest
from ext_book import Book, build
from links.repository import find_repository, public_url

VARIABLES = ["REPO_URL", "REPO_BRANCH", "SITE_URL", "BOOK_ROOT"] + [
    f"GITHUB_{name}" for name in ("REPOSITORY", "REF_NAME", "HEAD_REF", "SERVER_URL")
]
CHAPTER = '# Chapter\n%%%\ncode\n%pip install -q "rnn-utils @ git+REPOSITORY_URL"'


@pytest.fixture(autouse=True)
def no_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def book(folder: Path) -> Book:
    toc = "# Book\n\n```{toctree}\n01_chapter\n```\n"
    toc += "\n```{only} repository\nThe rocket.\n```\n\n```{only} colab\nThe same menu.\n```\n"
    pages = {"index.md": toc, "01_chapter.ipynb": CHAPTER}
    return build(folder, pages, ["sphinx_book_theme", "links.repo_links"], theme="sphinx_book_theme")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("https://github.com/ann/rnn-book.git", "https://github.com/ann/rnn-book"),
        ("https://github.com/ann/rnn-book/", "https://github.com/ann/rnn-book"),
        ("https://token:x-oauth@github.com/ann/rnn-book", "https://github.com/ann/rnn-book"),
        ("git@github.com:ann/rnn-book.git", "https://github.com/ann/rnn-book"),
        ("ssh://git@github.com:22/ann/rnn-book.git", "https://github.com/ann/rnn-book"),
        ("ssh://git@ssh.github.com:443/ann/rnn-book.git", "https://github.com/ann/rnn-book"),
        ("ssh://github.com/ann/rnn-book", "https://github.com/ann/rnn-book"),
        ("git@gitlab.com:team/rnn-book.git", None),
        ("ssh://git@git.example.org:22/ann/rnn-book.git", None),
        ("C:\\mirrors\\rnn-book", None),
        ("/srv/mirrors/rnn-book.git", None),
        ("../rnn-book", None),
        ("file:///srv/rnn-book", None),
        ("https://localhost:3000/ann/rnn-book", None),
        ("https://git.example.org/ann/rnn-book", None),
        ("https://github.com/ann", None),
        ('https://github.com/ann/"><script>', None),
        ("", None),
    ],
)
def test_only_public_addresses_of_known_hosts_are_taken(remote: str, expected: str | None) -> None:
    assert public_url(remote) == expected


def test_repo_url_goes_before_github_and_git(tmp_path: Path) -> None:
    environ = {"REPO_URL": "https://github.com/eve/book", "GITHUB_REPOSITORY": "ann/book"}
    found = find_repository(environ, tmp_path)
    assert (found.url, found.branch) == ("https://github.com/eve/book", "main")


def test_repo_url_with_a_typing_error_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"REPO_URL is 'github\.com/ann/book'"):
        find_repository({"REPO_URL": "github.com/ann/book"}, tmp_path)


@pytest.mark.parametrize(
    ("environ", "branch"),
    [
        ({"GITHUB_REF_NAME": "release"}, "release"),
        ({"GITHUB_REF_NAME": "12/merge", "GITHUB_HEAD_REF": "fix/typo"}, "fix/typo"),
        ({"GITHUB_REF_NAME": "12/merge"}, "main"),
        ({"GITHUB_REF_NAME": "release", "REPO_BRANCH": "draft"}, "draft"),
    ],
)
def test_branch(environ: dict[str, str], branch: str, tmp_path: Path) -> None:
    assert find_repository({"GITHUB_REPOSITORY": "ann/book", **environ}, tmp_path).branch == branch


def test_own_server_of_github_actions_is_a_github(tmp_path: Path) -> None:
    environ = {"GITHUB_SERVER_URL": "https://git.example.org", "GITHUB_REPOSITORY": "ann/book"}
    found = find_repository(environ, tmp_path)
    assert found.url == "https://git.example.org/ann/book"


def test_git_remote_is_asked_last(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert find_repository({}, tmp_path) is None
    git(tmp_path, "remote", "add", "origin", "https://secret@github.com/ann/book.git")
    git(tmp_path, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    found = find_repository({}, tmp_path)
    assert (found.url, found.branch) == ("https://github.com/ann/book", "trunk")


@pytest.mark.parametrize("checked_out", ["master", "trunk"])
def test_a_remote_added_by_hand_means_the_branch_that_is_there(checked_out: str, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", checked_out)
    git(tmp_path, "remote", "add", "origin", "git@github.com:ann/book.git")
    assert find_repository({}, tmp_path).branch == checked_out


def test_a_branch_for_a_change_is_not_taken_when_the_remote_is_known_to_have_a_usual_one(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    author = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    for folder in (there, here):
        folder.mkdir()
        git(folder, "init", "-q", "-b", "master")
        git(folder, *author, "commit", "-q", "--allow-empty", "-m", "first")
    git(here, "remote", "add", "origin", str(there))
    git(here, "fetch", "-q", "origin")
    git(here, "update-ref", "-d", "refs/remotes/origin/HEAD")
    git(here, "remote", "set-url", "origin", "https://github.com/ann/book")
    git(here, "checkout", "-q", "-b", "fix/typo")
    assert find_repository({}, here).branch == "master"


def test_buttons_and_stamped_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPO_URL", "https://github.com/ann/rnn-book")
    monkeypatch.setenv("REPO_BRANCH", "fix/typo")
    built = book(tmp_path)
    page = built.page("01_chapter")
    assert not built.warnings
    copy = "rnn-book/blob/gh-pages/notebooks/01_chapter.ipynb"
    assert f'href="https://colab.research.google.com/github/ann/{copy}"' in page
    assert 'href="https://mybinder.org/v2/gh/ann/rnn-book/fix/typo?urlpath=lab/tree/01_chapter.ipynb"' in page
    assert 'href="https://github.com/ann/rnn-book/edit/fix/typo/01_chapter.ipynb"' in page
    assert 'href="https://github.com/ann/rnn-book/issues/new?' in page
    assert 'href="notebooks/01_chapter.ipynb"' in page
    stamped = json.loads((built.output / "notebooks/01_chapter.ipynb").read_text("utf8"))
    assert stamped["cells"][1]["source"].endswith('git+https://github.com/ann/rnn-book@fix/typo"')
    assert "mybinder.org" not in built.page("index"), "a page without code has nothing to launch"
    assert "The rocket." in built.page("index") and "The same menu." in built.page("index")


def test_no_colab_button_for_another_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://git.example.org")
    monkeypatch.setenv("GITHUB_REPOSITORY", "ann/rnn-book")
    built = book(tmp_path)
    assert "colab.research" not in built.page("01_chapter")
    assert "https://git.example.org/ann/rnn-book/edit/main/01_chapter.ipynb" in built.page("01_chapter")
    assert "The rocket." in built.page("index") and "The same menu." not in built.page("index")
    assert not built.warnings


def test_the_committed_notebook_is_stamped_not_the_staged_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    committed = tmp_path / "checkout"
    committed.mkdir()
    (committed / "01_chapter.ipynb").write_text('{"committed": "git+REPOSITORY_URL"}')
    monkeypatch.setenv("BOOK_ROOT", str(committed))
    monkeypatch.setenv("REPO_URL", "https://github.com/ann/rnn-book")
    copy = book(tmp_path).output / "notebooks/01_chapter.ipynb"
    assert copy.read_text() == '{"committed": "git+https://github.com/ann/rnn-book@main"}'


def test_nothing_known_no_button(tmp_path: Path) -> None:
    built = book(tmp_path)
    for address in ("github.com", "gitlab.com", "mybinder.org", "colab.research", "/issues", "/edit/"):
        assert address not in built.page("01_chapter")
    assert "The rocket." not in built.page("index") and "The same menu." not in built.page("index")
    for ending in ("ipynb", "py"):
        assert f'href="notebooks/01_chapter.{ending}"' in built.page("01_chapter"), "the download needs no repository"
    assert not built.warnings


def test_the_first_page_speaks_of_the_buttons_that_chapters_have(site: Path) -> None:
    first, chapter = (next((site / "book").glob(name)).read_text("utf8") for name in ("index.html", "02_*.html"))
    assert ("rocket" in first) == ("mybinder.org" in chapter)
    assert ("In Colab" in first) == ("colab.research" in chapter)
