"""Find a Python that the locked environment serves and let it set the environment up.

    python3 tools/setup_env.py book|test|lab     # into `.venv`: `make book`, `make test` and `make lab` do so
    python3 tools/setup_env.py here              # what the notebooks need, into the Python that runs this: Binder
    python3 tools/setup_env.py which             # say which Python would be taken

Any Python from 3.6 on can run this file, so that one too old is told so in a sentence, not by a syntax error.
`environment.py` beside it does the installing. Whatever cannot work is said before anything is installed.
"""

import os
import platform
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LEVELS = ("book", "test", "lab", "here")
SERVED = ((3, 11), (3, 12), (3, 13), (3, 14))  # every locked package has wheels for these: `make lock` sees to it
# In a candidate: its version, and whether it can make environments.
ASKED = "import sys; print('%d.%d' % sys.version_info[:2]); import venv, ensurepip; print('complete')"


def dotted(version):
    """A version as people write it."""
    return ".".join(str(number) for number in version[:2])


def unsupported(system, machine, c_library):
    """Say, in a sentence, why the locked packages have no wheels for this system; empty where they have.

    Parameters
    ----------
    system, machine, c_library : str
        As the module `platform` names them; `c_library` is empty where there is none of GNU's.

    """
    machine = machine.lower()
    if system == "Linux" and machine in ("x86_64", "amd64", "aarch64", "arm64"):
        return "" if c_library == "glibc" else "torch has no build for a Linux without glibc (Alpine, for instance)"
    if system == "Darwin":
        intel = "torch 2.13 has no build for a Mac with an Intel processor, or for an Intel build of Python"
        return "" if machine == "arm64" else intel
    if system == "Windows":
        return "" if machine in ("amd64", "x86_64") else f"torch has no build for Windows on {machine}"
    return f"the packages have no builds for {system or 'this system'} on {machine or 'this processor'}"


def answer(command):
    """What a candidate says: its version, and whether it can make environments; None when it is no Python at all."""
    try:
        process = subprocess.Popen(
            [*command, "-c", ASKED], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True
        )
        said = process.communicate(timeout=60)[0].split()
        return tuple(int(number) for number in said[0].split(".")), said[1:] == ["complete"]
    except (OSError, IndexError, ValueError, subprocess.TimeoutExpired):
        return None


def candidates():
    """Commands that may start a Python of a served version, the newest first."""
    for version in reversed(SERVED):
        name = dotted(version)
        yield ["python" + name]
        if os.name == "nt":
            yield ["py", "-" + name]
        pyenv = os.path.join(os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv"), "versions")
        installed = sorted(os.listdir(pyenv)) if os.path.isdir(pyenv) else []
        for folder in reversed([folder for folder in installed if folder.startswith(name + ".")]):
            yield [os.path.join(pyenv, folder, "bin", "python")]


def interpreters():
    """The served Pythons of this machine that can make environments: by version, the newest first."""
    found = {}  # type: dict[tuple[int, ...], list[str]]
    for command in candidates():
        said = answer(command)
        if said and said[1] and said[0] in SERVED:
            found.setdefault(said[0], command)
    return found


def choose(own, complete, others):
    """Choose an interpreter.

    Parameters
    ----------
    own : tuple of int
        Version of the Python that was asked for.
    complete : bool
        Can it make environments?
    others : callable
        Gives the other ones, a dict of commands by version; called only when they are wanted.

    Returns
    -------
    command : list of str or None
        How to start it; an empty list for the one that was asked for, None when there is none.
    sentence : str
        What to tell the reader; empty when nothing is remarkable.

    """
    served = f"Python {dotted(SERVED[0])} to {dotted(SERVED[-1])}"
    if own in SERVED and complete:
        return [], ""
    if own in SERVED:
        reason = f"this Python {dotted(own)} cannot make environments (Debian, Ubuntu: apt-get install python3-venv)"
    else:
        age = "too old" if own < SERVED[0] else "too new"
        reason = f"Python {dotted(own)} is {age}: the locked packages serve {served}"
    command = next(iter(others().values()), None)
    if command:
        return command, f"{reason}; taking {' '.join(command)}"
    return None, f"{reason}, and none was found here. Install one, or name yours: make book PYTHON=/path/to/python3"


def can_make_environments():
    """Has this Python what `venv` needs? Debian leaves it out."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return False
    return True


def main(level):
    """Set up, with the exit status of `environment.py`; ``which`` only says with which Python."""
    reason = unsupported(platform.system(), platform.machine(), platform.libc_ver()[0])
    if reason:
        return f"The book cannot be built here: {reason}. Read it on its website, or open a chapter in Binder or Colab."
    complete = level == "here" or can_make_environments()
    command, sentence = choose(sys.version_info[:2], complete, dict if level == "here" else interpreters)
    if command is None:
        return sentence
    if sentence:
        print("==> " + sentence)
        sys.stdout.flush()
    if level == "which":
        print(" ".join(command or [sys.executable]))
        return 0
    try:
        return subprocess.call([*(command or [sys.executable]), os.path.join(HERE, "environment.py"), level])
    except KeyboardInterrupt:
        return "stopped"


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in (*LEVELS, "which"):
        sys.exit("usage: python3 tools/setup_env.py " + "|".join([*LEVELS, "which"]))
    sys.exit(main(sys.argv[1]))
