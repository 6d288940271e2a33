"""The cache folder: whose it is, what its path may hold, and what becomes of it when it is damaged."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tilelang.tt.runtime import BackendError

pytestmark = pytest.mark.needs("ttnn")


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """A cache folder that is not there yet."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("TILELANG_TT_CACHE", str(folder))
    return folder


@pytest.fixture
def run(tool, tmp_path):
    def run(*args: str, **env: str | None) -> subprocess.CompletedProcess[str]:
        given = {**os.environ, "COLUMNS": "400", **env}
        return subprocess.run(
            [*tool, *args],
            env={name: value for name, value in given.items() if value is not None},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def open_mock():
    from tilelang.tt.runtime.backends.devices import open_device

    with open_device("mock", "wormhole") as device:
        assert device.spec.grid_x == 8


HOSTILE = [
    *("a b", "a;touch PWNED;", "$(touch PWNED)", "`touch PWNED`", "a'b", 'a"b', "a&b", "a|b"),
    *("a>b", "a<b", "a*b", "a?b", "a[b]", "a(b)", "a{b}", "a!b", "a\\b", "a\nb", "a\tb", "a#b"),
    *("~", "a$HOME", "a^b", "a\u00a0b", "a:b", "a,b", "a%b"),
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("variable", ["TILELANG_TT_CACHE", "HOME"])
def test_a_path_that_a_shell_reads_something_into_is_refused(name, variable, tmp_path, monkeypatch):
    from tilelang.tt.cli import doctor

    monkeypatch.chdir(tmp_path)
    for other in ("TILELANG_TT_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(variable, str(tmp_path / name))
    with pytest.raises(BackendError, match=r"TT-metal hands the path to a shell") as raised:
        open_mock()
    assert raised.value.remedy == "export TILELANG_TT_CACHE=<another folder>"
    assert not list(tmp_path.rglob("PWNED"))
    finding = doctor._cache()
    assert (finding.ok, finding.answer) == (False, raised.value.reason)


@pytest.mark.parametrize("name", ["a.b-c_d+e@f=g", "Zoë", "キャッシュ"])
def test_a_path_that_is_safe_is_taken(name, tmp_path, monkeypatch):
    monkeypatch.setenv("TILELANG_TT_CACHE", str(tmp_path / name))
    open_mock()
    assert (tmp_path / name / "tilelang-tt" / "kernels").is_dir()


def test_clearing_removes_what_this_package_made_and_nothing_else(cache, run):
    mine = [cache / "kernels" / "mine.cpp", cache / "roots" / "mine", cache / "mine.txt"]
    for path in mine:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    assert f"found nothing of ours in {cache}" in run("cache", "--clear").stdout
    open_mock()
    assert run("cache", "--clear").stdout == f"cleared {cache}/tilelang-tt\n"
    assert not (cache / "tilelang-tt").exists()
    assert [path.read_text() for path in mine] == ["mine"] * 3


def test_a_folder_of_the_same_name_that_is_not_ours_is_neither_used_nor_cleared(cache, run):
    mine = cache / "tilelang-tt" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(BackendError, match=r"found a folder that this package has not made"):
        open_mock()
    done = run("cache", "--clear")
    assert done.returncode == 2
    assert "nothing was removed" in done.stderr
    assert mine.read_text() == "mine"


def test_a_link_in_our_folders_place_is_not_followed_when_clearing(cache, run, tmp_path):
    everything(cache)
    (cache / "tilelang-tt").rename(tmp_path / "elsewhere")
    (cache / "tilelang-tt").symlink_to(tmp_path / "elsewhere")
    assert run("cache", "--clear").returncode == 2
    assert (tmp_path / "elsewhere" / "roots").is_dir()


def emptied(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("in the way")


def without_a_file(folder: Path) -> None:
    next(path for path in sorted(folder.rglob("*")) if path.name == "firmware.json").unlink()


def with_a_dangling_link(folder: Path) -> None:
    link = next(path for path in sorted(folder.iterdir()) if path.is_symlink())
    link.unlink()
    link.symlink_to("/no/such/place")


DAMAGES = [
    ("tilelang-tt/roots/*", [emptied, a_file, without_a_file, with_a_dangling_link]),
    ("tilelang-tt/roots", [emptied, a_file]),
    ("tilelang-tt/kernels", [emptied, a_file]),
    ("tilelang-tt/kernels/*/mock", [emptied, a_file]),
    ("tilelang-tt/home", [emptied, a_file]),
    ("tilelang-tt", [emptied]),
    (".", [emptied]),
]


@pytest.mark.parametrize(
    ("place", "damage"),
    [(place, damage) for place, damages in DAMAGES for damage in damages],
)
def test_what_was_emptied_or_replaced_is_made_again(cache, place, damage):
    before = everything(cache)
    (folder,) = cache.glob(place) if place != "." else [cache]
    damage(folder)
    assert everything(cache) == before


def everything(cache: Path) -> list[str]:
    """What there is in a cache that a session is about to be opened with."""
    from tilelang.tt.runtime.backends.mock import Mock
    from tilelang.tt.runtime.session.environment import folder_variables

    folder = cache.parent / "session"
    folder.mkdir(exist_ok=True)
    env = {**Mock("wormhole_b0").environment(folder), **folder_variables(folder)}
    assert all(Path(env[name]).is_dir() for name in ("TT_METAL_CACHE", "HOME"))
    return sorted(str(path) for path in cache.rglob("*"))


def test_a_device_opens_from_a_root_that_was_emptied(cache):
    open_mock()
    (root,) = (cache / "tilelang-tt" / "roots").iterdir()
    emptied(root)
    open_mock()


def test_a_file_in_the_cache_folders_place_is_left_alone(cache):
    cache.write_text("mine")
    with pytest.raises(BackendError, match=r"expected a cache folder to write to"):
        open_mock()
    assert cache.read_text() == "mine"


@pytest.mark.parametrize("made_before", [False, True])
def test_nobody_else_can_enter_whatever_the_umask_is(cache, made_before):
    before = os.umask(0)
    try:
        if made_before:
            (cache / "tilelang-tt").mkdir(parents=True, mode=0o777)
        everything(cache)
    finally:
        os.umask(before)
    assert stat.S_IMODE((cache / "tilelang-tt").stat().st_mode) == 0o700


def test_what_somebody_else_owns_is_not_run(cache, monkeypatch):
    from tilelang.tt.runtime.root import cache as module

    everything(cache)
    owner = os.getuid()
    monkeypatch.setattr(module.os, "geteuid", lambda: owner + 1)
    with pytest.raises(BackendError, match=r"expected one of yours, since what is in it is run"):
        open_mock()


@pytest.mark.parametrize("home", ["/proc/1/nobody", "/dev/null", None])
def test_a_home_that_can_not_be_made_is_no_matter_where_a_cache_is_named(cache, run, home):
    done = run("device", "--from", "mock", HOME=home, XDG_CACHE_HOME=None)
    assert done.returncode == 0, done.stderr
    assert "compute grid 8x8" in done.stdout


@pytest.mark.parametrize("home", ["/proc/1/nobody", "/dev/null"])
def test_a_home_that_can_not_be_made_is_named_where_the_cache_would_be_in_it(run, home):
    done = run("device", "--from", "mock", HOME=home, XDG_CACHE_HOME=None, TILELANG_TT_CACHE=None)
    assert done.returncode == 2
    assert f"{home}/.cache/tilelang-tt/tilelang-tt: " in done.stderr
    assert "expected a cache folder to write to (export TILELANG_TT_CACHE" in done.stderr


def test_the_process_of_a_device_has_a_home_of_its_own(cache, monkeypatch, tmp_path):
    from tilelang.tt.runtime.backends.devices import open_device

    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    with open_device("mock", "wormhole") as device:
        environ = Path(f"/proc/{device._worker.pid}/environ").read_text().split("\0")
    home = cache / "tilelang-tt" / "home"
    assert f"HOME={home}" in environ
    assert f"XDG_CACHE_HOME={home}/.cache" in environ
    assert home.is_dir()
    assert not (tmp_path / "user").exists()
