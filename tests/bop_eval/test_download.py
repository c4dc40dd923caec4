"""`bop-eval download`, against a hub of our own on this machine."""

import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from bop_eval.download import download_set
from objpose.errors import InputError

COMMIT = "a" * 40


def archive(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name, content in files.items():
            opened.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


class Hub(ThreadingHTTPServer):
    """Answers as the hub does for one dataset; files in `cut` come half, and then not at all."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        big = np.random.default_rng(0).bytes(24_000_000)
        self.files = {
            "README.md": b"hello",
            "toy_base.zip": archive(toy__camera_json=b"{}", toy__test_targets_bop19_json=b"[]"),
            "toy_models.zip": archive(models__obj=big),
            "toy_test_all.zip": archive(test__all=b"all"),
            "toy_test_bop19.zip": archive(test__000001__scene=b"one"),
            "toy_train.zip": b"no zip at all",
            "toy_split.zip": b"", "toy_split.z01": b"",
        }  # fmt: skip
        self.cut: set[str] = set()
        self.ranges: list[str] = []
        self.sent: list[str] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answer(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        path = self.path.split("?")[0]
        if "/bop-benchmark/toy" not in path:
            self._head(404, {"X-Error-Code": "RepoNotFound", "Content-Length": "0"})
        elif path.startswith("/api/"):
            listed = [
                {"type": "file", "oid": "0", "size": len(c), "path": n} for n, c in self.server.files.items()
            ]
            info = {
                "id": "bop-benchmark/toy",
                "sha": COMMIT,
                "siblings": [{"rfilename": n} for n in self.server.files],
            }
            content = json.dumps(listed if "/tree/" in path else info).encode()
            self._head(200, {"Content-Type": "application/json", "Content-Length": str(len(content))})
            self.wfile.write(content)
        else:
            self._file(path.rsplit("/", 1)[1], body)

    def _file(self, name: str, body: bool) -> None:
        content = self.server.files[name]
        etag, start, status = hashlib.sha1(content).hexdigest(), 0, 200
        if body and "Range" in self.headers:
            start, status = int(self.headers["Range"].split("=")[1].split("-")[0]), 206
            self.server.ranges.append(f"{name} from {start}")
        rest = content[start:]
        headers = {
            "ETag": f'"{etag}"',
            "X-Repo-Commit": COMMIT,
            "Content-Length": str(len(rest)),
            "Accept-Ranges": "bytes",
        }
        if status == 206:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._head(status, headers)
        if body:
            self.server.sent.append(name)
            is_cut = name in self.server.cut
            self.wfile.write(rest[: len(rest) // 2 if not start else 0] if is_cut else rest)
            self.close_connection = True

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # between its tries
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_set_is_fetched_and_unpacked_once(hub: Hub, tmp_path: Path) -> None:
    done = download_set("toy", tmp_path, endpoint=hub.endpoint)
    assert done.archives == ("toy_base.zip", "toy_models.zip", "toy_test_bop19.zip")
    found = {str(path.relative_to(done.folder)) for path in done.folder.rglob("*") if path.is_file()}
    assert {"camera_json", "test_targets_bop19_json", "models/obj", "test/000001/scene"} <= found
    assert "test/all" not in found and not list(done.folder.rglob("*.zip"))
    hub.sent.clear()
    again = download_set("toy", tmp_path, endpoint=hub.endpoint)
    assert again.archives == () and len(again.kept) == 3 and hub.sent == []


def test_an_interrupted_download_goes_on(hub: Hub, tmp_path: Path, monkeypatch) -> None:
    hub.cut.add("toy_models.zip")
    with pytest.raises(InputError, match="set toy: found no answer from the hub"):
        download_set("toy", tmp_path, endpoint=hub.endpoint)
    assert not (tmp_path / "toy" / "models").exists()
    hub.cut.clear()
    hub.ranges.clear()
    done = download_set("toy", tmp_path, endpoint=hub.endpoint)
    assert done.kept == ("toy_base.zip",) and (done.folder / "models" / "obj").stat().st_size == 24_000_000
    assert hub.ranges and int(hub.ranges[0].split()[-1]) >= 10_000_000  # kept in steps of ten megabytes


def test_what_is_not_there_is_named(hub: Hub, tmp_path: Path) -> None:
    cases = {
        "no archive of 'eval'": ("toy", ["eval"]),
        "no dataset bop-benchmark/other": ("other", ["base"]),
        "in 2 parts": ("toy", ["split"]),
        "not a zip file": ("toy", ["train"]),
        "the name of a BOP set": ("../toy", ["base"]),
    }
    for message, (name, kinds) in cases.items():
        with pytest.raises(InputError, match=message):
            download_set(name, tmp_path, kinds, endpoint=hub.endpoint)


def test_no_hub_is_said(tmp_path: Path, hub: Hub) -> None:
    nowhere = "http://127.0.0.1:9"  # discard: nothing listens there
    with pytest.raises(InputError, match="no answer from the hub"):
        download_set("toy", tmp_path, endpoint=nowhere)


def test_names_that_lead_elsewhere_stay_inside(hub: Hub, tmp_path: Path) -> None:
    hub.files["toy_base.zip"] = archive(**{"../../escaped": b"x"})
    download_set("toy", tmp_path / "a" / "b", ["base"], endpoint=hub.endpoint)
    assert not (tmp_path / "escaped").exists() and not (tmp_path / "a" / "escaped").exists()
