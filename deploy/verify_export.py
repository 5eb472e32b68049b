#!/usr/bin/env python3
"""Checks an export of Essaim with Python's own library and nothing of ours.

    python3 verify_export.py FILE      with FILE.proof beside it

Recomputes the root of the tree (RFC 9162) from the lines and compares it with the checkpoint of
FILE.proof. Exit code 0 when they agree, 3 when they do not. The signature of the checkpoint is
checked apart, for Python has no Ed25519: see README.md.
"""

import base64
import hashlib
import json
import sys


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def cover(start, end):
    """The perfect subtrees that make the leaves start to end - 1: their heights, left to right."""
    while start < end:
        height = (end - start).bit_length() - 1
        if start:
            height = min(height, (start & -start).bit_length() - 1)
        yield height
        start += 1 << height


class Tree:
    def __init__(self):
        self.peaks = []

    def add(self, height, digest):
        while self.peaks and self.peaks[-1][0] == height:
            digest = node(self.peaks.pop()[1], digest)
            height += 1
        self.peaks.append((height, digest))

    def root(self):
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        digest = self.peaks[-1][1]
        for _, left in reversed(self.peaks[:-1]):
            digest = node(left, digest)
        return digest


def main(path):
    with open(path + ".proof", encoding="utf-8") as file:
        proof = json.load(file)
    origin, size, root = proof["checkpoint"].split("\n")[:3]
    first, last, size = proof["first"], proof["last"], int(size)
    tree = Tree()
    for height, digest in zip(cover(0, first - 1), proof["left"], strict=True):
        tree.add(height, base64.b64decode(digest))
    lines = 0
    with open(path, "rb") as file:
        for line in file:
            leaf = line.removesuffix(b"\n")
            if leaf.startswith(b'"'):
                tree.add(0, base64.b64decode(leaf[1:-1]))
            else:
                tree.add(0, hashlib.sha256(b"\x00" + leaf).digest())
            lines += 1
    if lines != last - first + 1:
        print(f"{lines} lines where positions {first} to {last} are promised")
        return 3
    for height, digest in zip(cover(last, size), proof["right"], strict=True):
        tree.add(height, base64.b64decode(digest))
    ours = base64.b64encode(tree.root()).decode()
    print(f"{origin}, {size} facts: signed {root}, computed {ours}")
    return 0 if ours == root else 3


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
