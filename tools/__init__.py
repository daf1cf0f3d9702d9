"""The commands behind the Makefile: at the top what it and authors call, in the rooms what these use."""

import sys

# In the environment of the tests, which has JupyterLab, jsonschema would build the grammars of international web
# addresses, a second of work, in every process that reads a notebook. None of our files has such addresses to check.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
