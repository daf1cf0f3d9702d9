"""For all tests: what `tools` settles about imports is settled before the first of them reads a notebook."""

import tools  # noqa: F401
