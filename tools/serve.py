"""Serve the built site on this machine only and open it: ``python -m tools.serve [port]``."""

import functools
import http.server
import sys
import webbrowser

from tools.build import SITE


def main(port: int) -> None:
    """Serve until Ctrl+C; port 0 takes any free one."""
    if not (SITE / "index.html").exists():
        sys.exit("There is no site yet: run `make book` first.")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(SITE))
    handler.extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        sys.exit(f"Port {port} cannot be used ({error.strerror}): try `make serve PORT=8001`.")
    address = f"http://127.0.0.1:{server.server_port}/index.html"
    print(f"The book is at {address} (Ctrl+C stops)", flush=True)
    webbrowser.open(address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8000)
