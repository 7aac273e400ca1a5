"""The folder ``platform`` must not shadow Python's own module of that name."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def packages() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return [Path(path).name for path in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]]


def test_the_standard_library_wins_from_the_root() -> None:
    script = "import platform, uuid, celery; assert platform.python_version(); print(platform.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "banyan" not in Path(done.stdout.strip()).parts
    assert not Path(done.stdout.strip()).is_relative_to(ROOT / "platform")


def test_platform_is_a_folder_and_no_package() -> None:
    assert not (ROOT / "platform/__init__.py").exists()


def test_no_package_bears_a_name_of_the_standard_library() -> None:
    names = {*packages(), *(path.name for path in (ROOT / "platform").iterdir() if path.is_dir())}
    assert len(packages()) >= 9
    assert not names & sys.stdlib_module_names


def test_no_test_lives_under_platform() -> None:
    assert not list((ROOT / "platform").glob("**/test_*.py"))
