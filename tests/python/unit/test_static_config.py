from __future__ import annotations

from pathlib import Path

import pytest

from zato.server.service._static_config import StaticConfig


def test_files_are_found_by_name_and_by_name_up_to_the_first_dot(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for directory in (first, second):
        (directory / "mail").mkdir(parents=True)
    (first / "signup.confirm.txt").write_text("hello")
    (first / "both.txt").write_text("first")
    (second / "both.txt").write_text("second")
    (first / "image.png").write_bytes(b"\xff\xfe")
    (first / "mail" / "en.txt").write_text("deep")
    (first / ".hidden").write_text("x")
    files = StaticConfig((first, second, tmp_path / "missing"))
    assert files["signup.confirm.txt"] == files.signup == "hello"
    assert files.both == files.get("both.txt") == "second"
    assert files.image == b"\xff\xfe"
    assert files.mail.en == files["mail"]["en.txt"] == "deep"
    assert list(files) == ["both.txt", "image.png", "mail", "signup.confirm.txt"] and len(files) == 4
    assert "both" in files and "none" not in files and "../x" not in files and ".hidden" not in files
    assert files.get("none", 1) == 1
    for name in ("none", "", "../both.txt", "mail/en.txt"):
        with pytest.raises(KeyError):
            _ = files[name]
    with pytest.raises(AttributeError):
        _ = files.none


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one")
    files = StaticConfig((tmp_path,))
    assert files.a is files.a
    path.write_text("another")
    assert files.a == "another"
    path.unlink()
    with pytest.raises(AttributeError):
        _ = files.a
