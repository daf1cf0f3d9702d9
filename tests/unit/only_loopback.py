"""A place without any network but loopback: ``unshare --map-root-user --net --uts python only_loopback.py FOLDER``.

The machine's own name means nothing there, as on a laptop without a network or in a container that lacks an entry in
/etc/hosts. The function `torchrun` of chapter 18 is taken from the page and run on two processes, one of which dies;
then the program's group of one process. Prints one line of JSON: what network there was, and the launcher's messages.
"""

import ast
import fcntl
import json
import socket
import struct
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

PAGE = Path(__file__).parents[2] / "book/18_beyond_one_machine.ipynb"
SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def isolate() -> dict[str, object]:
    """Start loopback and take a name that cannot be looked up; return what of the network there is."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", IFF_UP))
    socket.sethostname("no-such-host.invalid")
    try:
        socket.getaddrinfo(socket.gethostname(), None)
        known = True
    except socket.gaierror:
        known = False
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as outside:
        outside.settimeout(5)
        reached = outside.connect_ex(("192.0.2.1", 80)) == 0
    return {"interfaces": [name for _, name in socket.if_nameindex()], "name is known": known, "outside": reached}


def function_of_the_page(name: str, names: dict[str, object]) -> object:
    """Return a function that a cell of the page defines, with these names to find."""
    for cell in json.loads(PAGE.read_text("utf8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and f"def {name}(" in source:
            (definition,) = [node for node in ast.parse(source).body if getattr(node, "name", "") == name]
            exec(compile(ast.Module([definition], []), PAGE.name, "exec"), names)
    return names[name]


def main(folder: Path) -> None:
    """Run what needs a network, where there is none."""
    network = isolate()
    from rnn_utils.train_torch import Run, Settings, process_group, read_checkpoint

    how = Settings(hidden=32, batch=8, T=6, updates=60)
    names = {"folder": folder, "how": how, "subprocess": subprocess, "sys": sys, "asdict": asdict}
    torchrun = function_of_the_page("torchrun", {**names, "read_checkpoint": read_checkpoint})
    _, messages = torchrun(2, "restarted.pt", "--save-every=25", "--die-at=33")
    with process_group():
        run = Run(folder / "corpus.txt", folder / "alone.pt", how)
        run.step()
        run.save()
    print(json.dumps(network | {"messages": messages}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
