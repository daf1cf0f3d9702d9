"""Serve the built site on this machine only and open it: ``python -m tools.site.serve [port]``.

The server behaves as static hosts do (compressed text, one connection for many files, the site's own page for what is
not found), so that what tests and reports measure with it is what readers get.
"""

import contextlib
import functools
import gzip
import http.server
import sys
import threading
import webbrowser
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from tools.places import SITE

COMPRESSED = {".html", ".css", ".js", ".json", ".svg", ".xml", ".txt", ".ipynb", ".wasm"}


@functools.lru_cache(maxsize=512)
def compressed(path: Path, _changed: int) -> bytes:
    """A file's content as gzip, kept until the file changes."""
    return gzip.compress(path.read_bytes(), 6, mtime=0)


class StaticHandler(http.server.SimpleHTTPRequestHandler):
    """Files of a folder, quietly."""

    protocol_version = "HTTP/1.1"
    extensions_map = {  # noqa: RUF012 (as the class above has it)
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".wasm": "application/wasm",
    }

    def do_GET(self) -> None:
        """Send a file, compressed if it is text and the browser takes that."""
        path = Path(self.translate_path(self.path))
        wanted = "gzip" in self.headers.get("Accept-Encoding", "")
        if wanted and path.suffix in COMPRESSED and path.is_file():
            self.send_body(HTTPStatus.OK, path, compressed(path, path.stat().st_mtime_ns), "gzip")
        else:
            super().do_GET()

    def send_body(self, status: HTTPStatus, path: Path, body: bytes, encoding: str = "") -> None:
        """Send a body with its headers."""
        self.send_response(status)
        kind = self.guess_type(path)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer with the site's own page where there is nothing."""
        page = Path(self.directory) / "404.html"
        if code == HTTPStatus.NOT_FOUND and page.is_file() and self.command == "GET":
            self.send_body(HTTPStatus.NOT_FOUND, page, page.read_bytes())
        else:
            super().send_error(code, message, explain)

    def handle(self) -> None:
        """Serve one connection; a closed page hangs up on what it was still loading."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: a line for each file hides what matters."""


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder on any free port of this machine; gives the address, ending in a slash."""
    handler = functools.partial(StaticHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def main(port: int) -> None:
    """Serve until Ctrl+C; port 0 takes any free one."""
    if not (SITE / "index.html").exists():
        sys.exit("There is no site yet: run `make book` first.")
    handler = functools.partial(StaticHandler, directory=str(SITE))
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
