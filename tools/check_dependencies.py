#!/usr/bin/env python3
"""Licences, bans and minimum versions of the locked dependencies.

The minimum versions hold fixes that the public advisory database does not list: a scanner that only reads it is silent.
Exits 1 with every finding.
"""

import json
import re
import subprocess
import sys

LICENCES = {
    "Apache-2.0", "MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "0BSD", "BSL-1.0", "CC0-1.0",
    "Unicode-3.0", "Unlicense", "CDLA-Permissive-2.0", "Apache-2.0 WITH LLVM-exception",
}  # fmt: skip
# The header generator is a tool of this repository: nothing of it is in what we ship.
TOOLS_ONLY = {"cbindgen": "MPL-2.0"}

# name (a trailing * is a prefix) -> least version, why
MINIMUM = {
    "arrow*": ("58.3.0", "memory safety of buffers reachable from safe code"),
    "parquet": ("58.3.0", "released together with arrow"),
    "pyo3*": ("0.29.0", "unsound conversions"),
    "ring": ("0.17.12", "panic in AES with overflow checks"),
    "lz4_flex": ("0.12.1", "uninitialised memory in output"),
    "bytes": ("1.11.1", "overflow in reserve"),
    "memmap2": ("0.9.11", "unsound advise"),
    "time": ("0.3.47", "stack exhaustion"),
    "regex": ("1.5.5", "denial of service"),
    "zeroize_derive": ("1.1.1", "enums were not zeroed"),
    "sm2": ("0.14.0", "biased nonces"),
}
BANNED = {
    "openssl-sys": "no second cryptographic library",
    "libsm": "not constant-time",
    "gm-sm2": "panics on a short signature",
    "rs_merkle": "another tree than RFC 6962",
    "serde_yaml": "unmaintained",
}


def numbers(version):
    return tuple(int(part) for part in re.match(r"\d+(?:\.\d+)*", version).group().split("."))


def allowed(expression):
    """An SPDX expression: some alternative of every OR group, every part of an AND group."""
    expression = expression.replace("/", " OR ").replace("(", " ( ").replace(")", " ) ")
    tokens = re.findall(r"\(|\)|OR|AND|[A-Za-z0-9.+-]+(?: WITH [A-Za-z0-9.+-]+)?", expression)

    def either(position):
        value, position = both(position)
        while position < len(tokens) and tokens[position] == "OR":
            other, position = both(position + 1)
            value = value or other
        return value, position

    def both(position):
        value, position = one(position)
        while position < len(tokens) and tokens[position] == "AND":
            other, position = one(position + 1)
            value = value and other
        return value, position

    def one(position):
        if tokens[position] == "(":
            value, position = either(position + 1)
            return value, position + 1
        return tokens[position] in LICENCES, position + 1

    return either(0)[0]


def main():
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]
    packages = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["packages"]
    findings = []
    arrow_majors = set()
    for package in packages:
        name, version = package["name"], package["version"]
        licence = package["license"] or "none stated"
        if not allowed(licence) and TOOLS_ONLY.get(name) != licence:
            findings.append(f"{name} {version}: licence {licence} is not on the list")
        if name in BANNED:
            findings.append(f"{name} {version} is banned: {BANNED[name]}")
        if package["source"] and not package["source"].startswith("registry+"):
            findings.append(f"{name} {version} does not come from a registry")
        for pattern, (least, why) in MINIMUM.items():
            same = name == pattern or (pattern.endswith("*") and name.split("-")[0] == pattern[:-1])
            # pyo3-arrow has versions of its own
            if same and name != "pyo3-arrow" and numbers(version) < numbers(least):
                findings.append(f"{name} {version} is older than {least}: {why}")
        if name in ("arrow-array", "arrow-data", "arrow-schema"):
            arrow_majors.add(numbers(version)[0])
    if len(arrow_majors) != 1:
        findings.append(f"there must be exactly one arrow major in the tree, found {sorted(arrow_majors)}")
    for finding in findings:
        print(finding, file=sys.stderr)
    print(f"{len(packages)} packages: {len(findings)} findings")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
