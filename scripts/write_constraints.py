"""Writes constraints.txt: every version that the given virtual environments hold.

Usage: python scripts/write_constraints.py ENVIRONMENT...
"""

import re
import subprocess
import sys
from pathlib import Path

TARGET = Path(__file__).parents[1] / "constraints.txt"
HEADER = """\
# The versions that the Makefile installs and CI tests. Written by `make pins`; do not edit by hand.
# One list for Python 3.11 to 3.13 and for every Keras backend; a pin installs nothing by itself.
"""
UNPINNED = {"modiste", "pip"}


def frozen(environment: Path) -> dict[str, str]:
    """Returns the distributions installed in a virtual environment, normalised name -> version."""
    command = [str(environment / "bin" / "python"), "-m", "pip", "freeze", "--all", "--exclude-editable"]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    pins = {}
    for line in listing.splitlines():
        name, _, version = line.partition("==")
        # A local version, as in torch 2.13.0+cpu, names one build; the pin is for all of them.
        pins[re.sub(r"[-_.]+", "-", name).lower()] = version.partition("+")[0]
    return {name: version for name, version in pins.items() if name not in UNPINNED}


def merged(environments: list[Path]) -> dict[str, str]:
    """Returns the pins of all environments; where two disagree, the first environment's."""
    pins: dict[str, str] = {}
    for environment in reversed(environments):
        pins |= frozen(environment)
    return pins


if __name__ == "__main__":
    pins = merged([Path(argument) for argument in sys.argv[1:]])
    lines = [f"{name}=={version}\n" for name, version in sorted(pins.items())]
    TARGET.write_text(HEADER + "".join(lines), encoding="utf-8")
    print(f"{TARGET.name}: {len(lines)} versions")
