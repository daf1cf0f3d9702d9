"""Which repository the book is built from.

The buttons, the notebooks for Colab and the citation must name the reader's own copy of the book, so that a fork
edits no file. This module asks the environment, then git; it holds no Sphinx code. `repo_links` draws what it finds.
"""

import re
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

# The host whose forms of links the book knows; another GitHub is known from what its Actions set. For any other host
# links would be dead, so the book draws none.
HOST = "github.com"
PULL_REQUEST_REF = re.compile(r"\d+/(merge|head)")
# What git takes for ssh: a URL, perhaps with a port, or `user@host:path`. GitHub answers on another name for port 443.
SSH_REMOTE = re.compile(
    r"(?:ssh://(?:[^@/]+@)?(?P<host>[\w.-]+)(?::\d+)?/|(?:[^@/]+@)(?P<short>[\w.-]+):)(?P<path>[^:]+)"
)


@dataclass(frozen=True)
class Repository:
    """A public repository: where a browser and `pip install git+…` find it.

    Parameters
    ----------
    url : str
        ``https://host/owner/name``: no credentials, no ``.git``, no trailing slash.
    branch : str
        The branch, tag or commit to show.
    """

    url: str
    branch: str

    @property
    def slug(self) -> str:
        """``owner/name``."""
        return urlsplit(self.url).path.strip("/")

    @property
    def pip_url(self) -> str:
        """What pip installs this very version from: ``git+URL@BRANCH``."""
        return f"git+{self.url}@{quote(self.branch, safe='/')}"


def find_repository(environ: Mapping[str, str], root: Path) -> Repository | None:
    """The repository that the book is built from, or None when no public one is known.

    Parameters
    ----------
    environ : mapping of str to str
        Read: REPO_URL, REPO_BRANCH; then what GitHub Actions sets.
    root : Path
        The checkout whose ``origin`` is asked last.

    Raises
    ------
    ValueError
        If REPO_URL is set and is no repository on GitHub: a typing error there must not pass in silence.
    """
    host_of_actions = urlsplit(environ.get("GITHUB_SERVER_URL", "")).hostname or HOST
    hosts = {HOST, host_of_actions}
    if given := environ.get("REPO_URL"):
        url = public_url(given, hosts)
        if url is None:
            raise ValueError(f"REPO_URL is {given!r}: wanted http(s)://HOST/OWNER/NAME, HOST one of {sorted(hosts)}")
    elif environ.get("GITHUB_REPOSITORY"):
        url = public_url(f"https://{host_of_actions}/{environ['GITHUB_REPOSITORY']}", hosts)
    else:
        url = public_url(_git(root, "remote", "get-url", "origin"), hosts)
    return Repository(url, _branch(environ, root)) if url else None


def public_url(remote: str, hosts: Collection[str] = (HOST,)) -> str | None:
    """A remote as ``https://host/owner/name``, or None for a local path or an unknown host.

    User names and passwords are dropped: CI services put tokens there, and the result is printed on every page.
    """
    if ssh := SSH_REMOTE.fullmatch(remote):
        host = ssh["host"] or ssh["short"]
        remote = f"https://{HOST if host == 'ssh.' + HOST else host}/{ssh['path']}"
    parts = urlsplit(remote)
    path = parts.path.strip("/").removesuffix(".git")
    if parts.scheme not in ("http", "https") or parts.hostname not in hosts or path.count("/") < 1:
        return None
    if not re.fullmatch(r"[\w./~-]+", path):
        return None
    return f"https://{parts.hostname}/{path}"


def _branch(environ: Mapping[str, str], root: Path) -> str:
    """The branch that links should show: never the ``N/merge`` of a pull request, which nobody can open."""
    if given := environ.get("REPO_BRANCH"):
        return given
    ref = environ.get("GITHUB_REF_NAME", "")
    if ref and not PULL_REQUEST_REF.fullmatch(ref):
        return ref
    if head := environ.get("GITHUB_HEAD_REF"):
        return head
    if head := _git(root, "symbolic-ref", "--short", "refs/remotes/origin/HEAD"):
        return head.removeprefix("origin/")
    # A remote that was added by hand has not told its default branch.
    known = _git(root, "for-each-ref", "--format=%(refname:lstrip=3)", "refs/remotes/origin").splitlines()
    usual = [name for name in ("main", "master") if name in known]
    return usual[0] if usual else _git(root, "branch", "--show-current") or "main"


def _git(root: Path, *arguments: str) -> str:
    """Output of a git command in `root`; empty when git is missing, refuses, or `root` is no checkout."""
    try:
        command = ["git", "-C", str(root), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
