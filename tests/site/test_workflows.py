"""The workflows for a public host: what may be tried here is tried, against a remote in a folder."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tools.setup_env import SERVED, dotted

ROOT = Path(__file__).resolve().parent.parent.parent
WORKFLOWS = {path.stem: path for path in sorted((ROOT / ".github/workflows").glob("*.yml"))}
ACTIONS = {"actions/checkout@v6", "actions/setup-python@v6"}


def steps(name):
    jobs = yaml.safe_load(WORKFLOWS[name].read_text("utf8"))["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


def git(folder, *arguments):
    return subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("name", WORKFLOWS)
def test_only_known_actions_and_no_kept_credentials(name):
    used = [step["uses"] for step in steps(name) if "uses" in step]
    assert set(used) <= ACTIONS
    checkouts = [step for step in steps(name) if "checkout" in step.get("uses", "")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow_may_only_read_unless_a_job_says_more(name):
    workflow = yaml.safe_load(WORKFLOWS[name].read_text("utf8"))
    assert workflow["permissions"] == {"contents": "read"}
    assert {job for job, body in workflow["jobs"].items() if "permissions" in body} <= {"publish"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_shell_of_every_step_parses(name):
    for step in steps(name):
        checked = subprocess.run(["bash", "-n"], input=step.get("run", ""), text=True, capture_output=True)
        assert checked.returncode == 0, checked.stderr


def test_package_is_tested_on_every_promised_system_and_python():
    matrix = yaml.safe_load(WORKFLOWS["ci"].read_text("utf8"))["jobs"]["package"]["strategy"]["matrix"]
    assert {system.split("-")[0] for system in matrix["system"]} == {"ubuntu", "macos", "windows"}
    assert matrix["python"] == [dotted(version) for version in SERVED]


def publish(checkout, temporary, remote, commit):
    """Run the publishing step as the host would, on what stands in `checkout`."""
    [step] = [step for step in steps("pages") if "TOKEN" in step.get("env", {})]
    temporary.mkdir()
    host = {"REMOTE": str(remote), "TOKEN": "not-a-token", "RUNNER_TEMP": str(temporary), "GITHUB_SHA": commit}
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]], cwd=checkout, env={**os.environ, **host}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_site_is_published_as_the_only_commit_of_its_branch(tmp_path):
    checkout, remote = tmp_path / "checkout", tmp_path / "remote.git"
    built = checkout / "_build/html-1"
    (built / "_static").mkdir(parents=True)
    (built / "_static/book.css").write_text("body {}")
    (built / "index.html").write_text("first")
    (checkout / "_build/html").symlink_to("html-1")  # as `make book` leaves it
    subprocess.run(["git", "init", "-q", "--bare", remote], check=True)
    publish(checkout, tmp_path / "one", remote, "aaa")
    (built / "index.html").write_text("second")
    publish(checkout, tmp_path / "two", remote, "bbb")
    assert git(remote, "ls-tree", "-r", "--name-only", "gh-pages") == [".nojekyll", "_static/book.css", "index.html"]
    assert git(remote, "show", "gh-pages:index.html") == ["second"]
    assert git(remote, "log", "--format=%s", "gh-pages") == ["Site", "of", "bbb"]
    assert not (built / ".git").exists()
