"""Packs a program with what belongs to it: python3 release/pack.py TARGET PROGRAM DIR

Writes DIR/falign-VERSION-TARGET.tar.gz (.zip for Windows) and its line of DIR/SHA256SUMS. Refuses a program
above the size that is promised. The same files give the same bytes.
"""

import gzip
import hashlib
import io
import subprocess
import sys
import tarfile
import time
import tomllib
import zipfile
from pathlib import Path

LARGEST = 25_000_000
BESIDES = ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "CITATION.cff"]


def commit_time() -> int:
    done = subprocess.run(["git", "log", "-1", "--format=%ct"], capture_output=True, text=True, check=True)
    return int(done.stdout)


def as_tar(root: str, members: list[tuple[str, bytes, int]], seconds: int) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, content, mode in members:
            info = tarfile.TarInfo(f"{root}/{name}")
            info.size, info.mode, info.mtime = len(content), mode, seconds
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), mtime=seconds)


def as_zip(root: str, members: list[tuple[str, bytes, int]], seconds: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, mode in members:
            info = zipfile.ZipInfo(f"{root}/{name}", time.gmtime(seconds)[:6])
            info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return packed.getvalue()


def main(target: str, program: Path, to: Path) -> None:
    version = tomllib.loads(Path("Cargo.toml").read_text())["workspace"]["package"]["version"]
    content = program.read_bytes()
    if len(content) > LARGEST:
        sys.exit(f"{program}: {len(content)} bytes, more than {LARGEST}")
    members = [(program.name, content, 0o755)]
    members += [(name, Path(name).read_bytes(), 0o644) for name in BESIDES]
    root = f"falign-{version}-{target}"
    is_zip = program.suffix == ".exe"
    packed = (as_zip if is_zip else as_tar)(root, members, commit_time())
    to.mkdir(parents=True, exist_ok=True)
    name = root + (".zip" if is_zip else ".tar.gz")
    (to / name).write_bytes(packed)
    sums = to / "SHA256SUMS"
    lines = sums.read_text().splitlines() if sums.exists() else []
    lines = [line for line in lines if not line.endswith(f"  {name}")]
    lines.append(f"{hashlib.sha256(packed).hexdigest()}  {name}")
    sums.write_text("".join(line + "\n" for line in sorted(lines, key=lambda line: line[66:])))
    print(f"{to / name}: {len(packed)} bytes, the program {len(content)}")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
