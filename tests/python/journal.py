"""A second verifier of the journal, written from docs/journal.md alone: `python journal.py FILE [--checkpoint FILE]`.

It knows the standard library only, so it checks hashes and roots and leaves signatures to the first verifier. Exit codes are those of
`team-operator journal verify`.
"""

import base64
import hashlib
import json
import sys


def leaf_hash(line):
    return hashlib.sha256(b"\0" + line).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def push(size, nodes, leaf):
    """The compact range with one more leaf."""
    node = leaf
    while size & 1:
        node = node_hash(nodes.pop(), node)
        size >>= 1
    nodes.append(node)


def root(nodes):
    if not nodes:
        return hashlib.sha256(b"").digest()
    result = nodes[-1]
    for left in reversed(nodes[:-1]):
        result = node_hash(left, result)
    return result


def checkpoint(note):
    """Origin, size and root of a signed note."""
    origin, size, text = note.split("\n")[:3]
    return origin, int(size), base64.b64decode(text)


class Broken(Exception):
    pass


class Tree:
    def __init__(self):
        self.size, self.nodes, self.begun, self.waiting = 0, [], False, {}

    def add(self, index, leaf, term):
        if index >= self.size:
            leaves = self.waiting.setdefault(index, [])
            if (leaf, term) not in leaves:
                leaves.append((leaf, term))

    def commit(self, size, expected, nodes, term, held):
        if size <= self.size:
            if size == self.size and root(self.nodes) != expected:
                raise Broken(f"two roots for {size} lines")
            return
        if not self.begun and 0 not in self.waiting:
            self.size, self.nodes, self.begun = size, list(nodes), True
        else:
            self.begun = True
            while self.size < size:
                leaves = self.waiting.get(self.size)
                if not leaves:
                    raise Broken(f"line {self.size} is missing")
                of_writer = [leaf for leaf, writer in leaves if writer == term]
                push(self.size, self.nodes, (of_writer or [leaves[-1][0]])[-1])
                self.size += 1
                if self.size in held and held[self.size] != root(self.nodes):
                    raise Broken(f"the first {self.size} lines are not those of the checkpoint from elsewhere")
            if root(self.nodes) != expected:
                raise Broken(f"a line before {size} was changed")
        self.waiting = {index: leaves for index, leaves in self.waiting.items() if index >= size}


def verify(lines, held):
    """Code, sentence and the number of lines that were committed to."""
    trees, newest, ended = {}, None, set()
    try:
        for line in lines:
            try:
                content = json.loads(line)
            except ValueError:
                continue
            if not isinstance(content, dict):
                continue
            if "journal" in content:
                place = content["journal"]
                if place["origin"] in ended:
                    continue
                hashed = base64.b64decode(content["leaf"]) if "leaf" in content else leaf_hash(line)
                trees.setdefault(place["origin"], Tree()).add(place["index"], hashed, place.get("term", 0))
            elif "checkpoint" in content:
                stored = content["checkpoint"]
                origin, size, expected = checkpoint(stored["note"])
                nodes = [base64.b64decode(text) for text in stored["range"]]
                if root(nodes) != expected or size != stored["size"]:
                    raise Broken("the range of a checkpoint does not give its root")
                if origin in ended:
                    continue
                known = {at: value for (of, at), value in held.items() if of == origin}
                trees.setdefault(origin, Tree()).commit(size, expected, nodes, stored.get("term", 0), known)
                ended |= {newest} - {origin, None}
                newest = origin
    except (Broken, KeyError, TypeError) as error:
        return 1, str(error), 0
    if newest is None:
        return 2, "there is no journal in the file", 0
    for (origin, size), _ in held.items():
        if origin in trees and size > trees[origin].size:
            return 1, f"the lines end at {trees[origin].size}, and a checkpoint has {size}", 0
    whole = (newest, trees[newest].size) in held
    return (0 if whole else 3), "sound", sum(tree.size for tree in trees.values())


def main(arguments):
    files, held = [], {}
    while arguments:
        argument = arguments.pop(0)
        if argument == "--checkpoint":
            with open(arguments.pop(0), encoding="utf-8") as file:
                origin, size, value = checkpoint(file.read())
            held[(origin, size)] = value
        else:
            files.append(argument)
    lines = []
    for name in files:
        with open(name, "rb") as file:
            lines += file.read().split(b"\n")
    code, sentence, count = verify(lines, held)
    print(f"{sentence}; {count} lines")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
