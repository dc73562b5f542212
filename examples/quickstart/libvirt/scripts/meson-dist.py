#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds the filled-in spec and the authors that git knows to a source archive. Arguments: the spec, the source folder."""

import os
import pathlib
import shutil
import subprocess
import sys


def authors(source: str) -> list[str]:
    log = subprocess.run(
        ["git", "log", "--pretty=format:%aN <%aE>"], cwd=source, check=True, capture_output=True, text=True
    )
    return sorted(set(log.stdout.splitlines()))


def main() -> None:
    spec, source = sys.argv[1:]
    archive = pathlib.Path(os.environ["MESON_DIST_ROOT"])
    shutil.copy(spec, archive / "libvirt.spec")
    template = archive / "AUTHORS.rst.in"
    text = template.read_text().replace("@authorslist@", "\n".join(f"* {author}" for author in authors(source)))
    (archive / "AUTHORS.rst").write_text(text)


main()
