"""A caller in TypeScript: types made from the document, a program that compiles and works."""

import subprocess
from pathlib import Path
from shutil import copy

import pytest

from fulfiller.settings import environment
from tests.intake.door import Door

TOOLS = ("openapi-typescript@7.13.0", "typescript@5.9.3")
FOLDER = Path(__file__).parents[2] / ".pytest_cache" / "-".join(TOOLS)
CALLER = Path(__file__).parent / "typescript" / "caller.ts"
STRICT = ("--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess")
STORY = 'import("./caller.js").then(m => m.story(...process.argv.slice(1))).then(console.log)'


@pytest.fixture(scope="module")
def tools() -> Path:
    """The folder with the tools, installed once per checkout; without npm a skip, except in CI."""
    if not (FOLDER / "installed").exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"]
        try:
            _run("npm", "install", *quiet, "--prefix", str(FOLDER), *TOOLS)
        except (OSError, subprocess.SubprocessError) as fault:
            if environment().get("CI") == "true":
                raise
            pytest.skip(f"the tools for TypeScript can't be installed: {fault}")
        (FOLDER / "installed").touch()
    return FOLDER / "node_modules" / ".bin"


def _run(*argv: str, cwd: Path | None = None) -> str:
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False, timeout=100)
    if done.returncode != 0:
        raise subprocess.SubprocessError(f"{argv[0]}: {done.stdout}{done.stderr}")
    return done.stdout


def test_a_typescript_caller_compiles_and_works(
    sqlite_door: Door, tools: Path, tmp_path: Path
) -> None:
    """Under strict rules, with what is wrong refused by the compiler, and run against the door."""
    copy(CALLER, tmp_path)
    types = str(tmp_path / "contract.d.ts")
    _run(str(tools / "openapi-typescript"), f"{sqlite_door.url}/openapi.json", "--output", types)
    modern = ("--target", "es2022", "--module", "es2022", "--lib", "es2022,dom")
    _run(str(tools / "tsc"), *STRICT, *modern, "caller.ts", cwd=tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    said = _run("node", "-e", STORY, sqlite_door.url, sqlite_door.key("teahouse"), cwd=tmp_path)
    assert said.split() == ["accepted", "accepted", "unknown_campaign"]
