"""Notes of finished runs, so that an experiment can be stopped, and carries on when it is called again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Notes:
    """Finished runs, one line of JSON each, so that a run is never done twice."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done: dict[str, dict[str, Any]] = {}
        for line in path.read_text("utf8").splitlines() if path.exists() else []:
            try:
                key, result = json.loads(line)
            except ValueError:
                continue  # the line that a kill cut short
            self.done[json.dumps(key)] = result

    def get(self, key: dict[str, Any], run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the noted result of a run, or do it and note it. The key is everything that the result depends on."""
        name = json.dumps(key)
        if name not in self.done:
            self.done[name] = run()
            with self.path.open("a", encoding="utf8") as file:
                file.write(json.dumps([key, self.done[name]]) + "\n")
            print(*key.values(), {k: v for k, v in self.done[name].items() if k != "valid"}, flush=True)
        return self.done[name]
