"""The site as a zip that runs from any static server: `make offline`.

``python -m tools.site.pack_offline FOLDER`` packs the site in another folder.

The same site gives the same zip, byte for byte: names in order, no times, no owners.
"""

import io
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from rnn_utils.atomic import write_whole
from tools.site.take_along import FIRST, NAME, NOT_ZIPPED, OFFERED, ZIP, NoSiteError, built_site, offer, with_offers

# 404.html, the sitemap and the inventory are asked for at the address that the site was built for, and nowhere else.
LEFT_OUT = {"404.html", "sitemap.xml", "objects.inv", *NOT_ZIPPED}
NO_TIME = (1980, 1, 1, 0, 0, 0)


def files(site: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file of the site, in order; the first page offers no more than there is."""
    offered = [name for name in OFFERED[FIRST] if name not in NOT_ZIPPED]
    for path in sorted(path for path in site.rglob("*") if path.is_file()):
        name = path.relative_to(site).as_posix()
        if name in LEFT_OUT or path.name.startswith("."):
            continue
        data = path.read_bytes()
        yield name, with_offers(data.decode(), site, offered).encode() if name == FIRST else data


def zipped(site: Path) -> bytes:
    """The zip, everything in one folder."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in files(site):
            member = zipfile.ZipInfo(f"{NAME}/{name}", NO_TIME)
            member.compress_type, member.create_system, member.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(member, data)
    return whole.getvalue()


def main(folder: str | None = None) -> None:
    """Make the zip and offer it on the site."""
    try:
        site = built_site(folder)
    except NoSiteError as error:
        sys.exit(str(error))
    write_whole(site / ZIP, zipped(site))
    offer(site)
    size = (site / ZIP).stat().st_size / 1e6
    print(f"==> {size:.1f} MB at {site / ZIP}; the first page of the site offers it")


if __name__ == "__main__":
    main(*sys.argv[1:2])
