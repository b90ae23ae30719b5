"""The wheel: what is in it, and that it works in an environment that holds nothing but the base install."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES_AND_DATA = {".py", ".toml", ".html", ".css", ".js", ".svg", ".typed", ".modiste"}


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, cwd=cwd)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def base_install(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of a clean environment that holds the wheel and what the wheel asks for."""
    folder = tmp_path_factory.mktemp("clean")
    assert run(sys.executable, "-m", "venv", folder, cwd=folder).returncode == 0
    pip = (
        folder / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--constraint",
        ROOT / "constraints.txt",
    )
    installed = run(*pip, wheel, cwd=folder)
    assert installed.returncode == 0, installed.stderr
    return folder / "bin"


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    package = {name for name in names if name.startswith("modiste/")}
    source = ROOT / "src"
    sources = {path.relative_to(source).as_posix() for path in (source / "modiste").rglob("*") if path.is_file()}
    assert package == {name for name in sources if "__pycache__" not in name}
    assert {Path(name).suffix for name in package} <= MODULES_AND_DATA
    assert "modiste/py.typed" in package
    assert "modiste/catalogue/taxonomies/fashion30.toml" in package
    assert "modiste/bundles/default.modiste" in package
    assert all(name.startswith("modiste-") and ".dist-info/" in name for name in names - package)


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = dict(
        line.split("==") for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").split() if "==" in line
    )
    extras = project["optional-dependencies"].values()
    asked = {name.split(">=")[0] for group in (project["dependencies"], *extras) for name in group}
    assert {name.partition("[")[0] for name in asked if not name.startswith("modiste[")} <= set(pins)
    assert pins["torch"] == "2.13.0"


def test_the_base_install_runs(base_install: Path, tmp_path: Path) -> None:
    modiste = base_install / "modiste"
    version = run(modiste, "--version", cwd=tmp_path)
    assert (version.returncode, version.stderr) == (0, "")
    assert "0.1.0" in version.stdout
    help_ = run(modiste, "--help", cwd=tmp_path)
    assert help_.returncode == 0
    assert "study" in help_.stdout
    drawn = run(modiste, "sample", "catalogue", "--products", "50", cwd=tmp_path)
    assert drawn.returncode == 0, drawn.stderr
    assert (tmp_path / "catalogue" / "styles.csv").is_file()


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (["inspect", "catalogue"], "catalogue"),
        (["study", "catalogue"], "train"),
        (["review", "db"], "serve"),
        (["serve"], "serve"),
    ],
)
def test_a_missing_extra_is_one_clear_line(base_install: Path, tmp_path: Path, words: list[str], extra: str) -> None:
    done = run(base_install / "modiste", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert f"pip install 'modiste[{extra}]'" in line
