"""What an extension keeps of each page between builds, and between the processes that read pages."""

from collections.abc import Iterable
from typing import Any

from sphinx.domains import Domain


class KeptPages(Domain):
    """A domain that keeps something of each page, `data["pages"][docname]`; `process_doc` says what."""

    initial_data = {"pages": {}}  # noqa: RUF012 (as the class above has it)

    def clear_doc(self, docname: str) -> None:
        """Forget a page that is read again or gone."""
        self.data["pages"].pop(docname, None)

    def merge_domaindata(self, docnames: Iterable[str], otherdata: dict[str, Any]) -> None:
        """Take over what another process has read."""
        found = otherdata["pages"]
        self.data["pages"].update({docname: found[docname] for docname in docnames if docname in found})
