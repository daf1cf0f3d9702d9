"""What pyproject.toml cannot say: a wheel carries the records that lie beside their programs, outside the package."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent


class WithRecords(build_py):
    """Put the records of experiments and benchmarks into the package, as `rnn_utils/recorded`."""

    def run(self) -> None:
        """Build, then copy; an editable install reads them where they are."""
        super().run()
        if self.editable_mode:
            return
        for path in sorted([*ROOT.glob("experiments/[a-z]*.json"), *ROOT.glob("benchmarks/[a-z]*.json")]):
            target = Path(self.build_lib, "rnn_utils/recorded", path.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            self.copy_file(str(path), str(target))


setup(cmdclass={"build_py": WithRecords})
