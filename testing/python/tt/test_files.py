"""Documents as files: written whole or not at all, and read as what they are."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import threading

import pytest

import tilelang.tt as tt
from tilelang.tt import files, plain

N150 = tt.DeviceSpec.preset("n150")


def test_a_file_keeps_its_mode_and_a_link_its_place(tmp_path):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "real.json").chmod(0o600)
    (tmp_path / "link.json").symlink_to("real.json")
    N150.save(tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert tt.DeviceSpec.load(tmp_path / "real.json") == N150
    assert (tmp_path / "real.json").stat().st_mode & 0o777 == 0o600


def test_what_is_no_file_is_written_to_and_stays(tmp_path):
    """A pipe here; /dev/null and /dev/stdout are such too."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    files.write_text(pipe, "through")
    reader.join(10)
    assert read == ["through"]
    assert pipe.is_fifo()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "found no name; expected a place to write to"),
        (".", "found a folder; expected a place to write to"),
        ("no/such/file", "No such file or directory; expected a place to write to"),
        ("file/below", "Not a directory; expected a place to write to"),
        ("n" * 300, "File name too long; expected a place to write to"),
    ],
)
def test_a_place_that_can_not_be_written_to_is_known_before(name, said, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    for attempt in (lambda: files.check_output(name), lambda: files.write_text(name, "text")):
        with pytest.raises(ValueError, match=said):
            attempt()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_document_of_another_kind_is_called_by_its_name(tmp_path):
    import kernels

    N150.save(tmp_path / "device.json")
    plan = tt.Plan.from_module(tt.infer_metadata(kernels.gemm(64, 64, 64), N150))
    plan.save(tmp_path / "plan.json")
    with pytest.raises(ValueError, match=r"plan\.json: found a plan; expected a device"):
        tt.DeviceSpec.load(tmp_path / "plan.json")
    with pytest.raises(ValueError, match=r"device\.json: found a device; expected a plan"):
        tt.Plan.load(tmp_path / "device.json")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("new", "new"),
        ("new", "./new"),
        ("new", "folder/../new"),
        ("new", "alias/../new"),
        ("folder/new", "alias/new"),
        ("old", "soft"),
        ("old", "hard"),
        ("dangling", "missing"),
        ("/dev/stdout", "/dev/stdout"),
    ],
)
def test_two_paths_to_one_file_are_one_file(one, other, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "alias").symlink_to("folder")
    (tmp_path / "old").touch()
    (tmp_path / "soft").symlink_to("old")
    (tmp_path / "hard").hardlink_to("old")
    (tmp_path / "dangling").symlink_to("missing")
    for first, second in ((one, other), (other, one)):
        with pytest.raises(ValueError, match=r"found -o .* and --html .*, which are one file"):
            files.check_apart({"-o": first, "--html": second})


@pytest.mark.parametrize(
    ("one", "other"), [("a", "b"), ("a/x", "b/x"), ("/dev/null", "/dev/null"), ("a", None)]
)
def test_two_files_are_two(one, other, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files.check_apart({"-o": one, "--html": other})


def test_what_is_written_is_what_json_has(tmp_path):
    document = {
        "empty": {}, "list": [], "text": "a\x1b\u202e\"\\", "float": 1e-5, "none": None,
        "rows": [[0, i] for i in range(40)], "maps": [{"a": [1, [2, [3]]]}, {"b": True}],
        "long": list(range(100)), "texts": ["x" * 60, "y, [z]"],
    }  # fmt: skip
    files.write_json(tmp_path / "x.json", document)
    text = (tmp_path / "x.json").read_text()
    assert json.loads(text) == document
    assert max(map(len, text.splitlines())) <= 104


@pytest.mark.parametrize("was_enabled", [True, False])
@pytest.mark.parametrize("text", ['{"a": [1]}', '{"a": [1'])
def test_the_collector_of_cycles_is_as_before_after_a_document(text, was_enabled):
    before = gc.isenabled()
    (gc.enable if was_enabled else gc.disable)()
    try:
        with contextlib.suppress(ValueError):
            plain.parse(text)
        assert gc.isenabled() == was_enabled
    finally:
        (gc.enable if before else gc.disable)()
