#!/usr/bin/env python3
"""An independent model of the ledger's proofs: RFC 6962 by its recursive definition, C2SP notes, and Ed25519 by
RFC 8032, from the standard library alone.

    python3 tests/oracles/ledger.py           checks tests/vectors/ledger-verify.json
    python3 tests/oracles/ledger.py --write   writes it anew

The model decides whether a proof holds; the codes of the errors are written down with the cases.
"""
import base64, hashlib, json, pathlib, sys

PATH = pathlib.Path(__file__).parents[1] / "vectors" / "ledger-verify.json"


# Ed25519 (RFC 8032, section 5.1), affine and slow.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def recover_x(y, sign):
    xx = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - xx) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


BASE_Y = 4 * pow(5, -1, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y)


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2
    return ((x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P)


def times(n, point):
    total = (0, 1)
    while n:
        if n & 1:
            total = add(total, point)
        point, n = add(point, point), n >> 1
    return total


def pack(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def unpack(data):
    number = int.from_bytes(data, "little")
    y = number & (1 << 255) - 1
    x = recover_x(y, number >> 255) if y < P else None
    return None if x is None else (x, y)


def scalar(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def expand(seed):
    h = hashlib.sha512(seed).digest()
    return (int.from_bytes(h[:32], "little") & (1 << 254) - 8) | 1 << 254, h[32:]


def public(seed):
    return pack(times(expand(seed)[0], BASE))


def sign(seed, message):
    secret, prefix = expand(seed)
    r = scalar(prefix, message) % L
    point = pack(times(r, BASE))
    return point + ((r + scalar(point, public(seed), message) * secret) % L).to_bytes(32, "little")


def signed_by(key, message, signature):
    if len(signature) != 64:
        return False
    point, nonce, s = unpack(key), unpack(signature[:32]), int.from_bytes(signature[32:], "little")
    if point is None or nonce is None or s >= L:
        return False
    return times(s, BASE) == add(nonce, times(scalar(signature[:32], key, message) % L, point))


# The tree (RFC 6962, section 2.1).


def leaf_hash(record):
    return hashlib.sha256(b"\0" + record).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def split(n):
    return 1 << (n - 1).bit_length() - 1


def root(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node(root(leaves[:k]), root(leaves[k:]))


def path(m, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return path(m, leaves[:k]) + [root(leaves[k:])]
    return path(m - k, leaves[k:]) + [root(leaves[:k])]


def subproof(m, leaves, whole=True):
    if m == len(leaves):
        return [] if whole else [root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return subproof(m, leaves[:k], whole) + [root(leaves[k:])]
    return subproof(m - k, leaves[k:], False) + [root(leaves[:k])]


def follow(leaf, m, n, proof):
    """The root that an inclusion proof leads to."""
    if n == 1:
        require(not proof)
        return leaf
    require(proof)
    *rest, last = proof
    k = split(n)
    return node(follow(leaf, m, k, rest), last) if m < k else node(last, follow(leaf, m - k, n - k, rest))


def extend(m, n, proof, old):
    """Both roots that a consistency proof leads to. `old` is the older root while the older tree is one subtree."""
    if m == n:
        require(len(proof) == (old is None))
        return (old or proof[0],) * 2
    require(proof)
    *rest, last = proof
    k = split(n)
    if m <= k:
        older, newer = extend(m, k, rest, old)
        return older, node(newer, last)
    older, newer = extend(m - k, n - k, rest, None)
    return node(last, older), node(last, newer)


# Notes and documents.


class Refused(Exception):
    pass


def require(holds):
    if not holds:
        raise Refused


def b64(data):
    return base64.b64encode(data).decode()


def unb64(text, length=None):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused from None
    require(b64(data) == text and length in (None, len(data)))
    return data


def key_id(name, key):
    return hashlib.sha256(name.encode() + b"\n\1" + key).digest()[:4]


def is_name(name):
    return name != "" and not any(c.isspace() or c == "+" or c < " " for c in name)


def note(text, signers):
    lines = "".join(f"— {name} {b64(key_id(name, public(seed)) + sign(seed, text.encode()))}\n" for name, seed in signers)
    return f"{text}\n{lines}"


def open_checkpoint(text, key):
    require(all(c >= " " or c == "\n" for c in text))
    body, mark, signatures = text.rpartition("\n\n")
    require(mark and signatures.endswith("\n"))
    body += "\n"
    origin, size, head, *more = body[:-1].split("\n") + ["", ""]
    require(is_name(origin) and size.isascii() and size.isdigit() and str(int(size)) == size and int(size) < 2**64)
    verified = False
    for line in signatures[:-1].split("\n"):
        require(line.startswith("— ") and line.count(" ") == 2)
        _, name, data = line.split(" ")
        data = unb64(data)
        require(is_name(name) and len(data) > 4)
        if name == origin and data[:4] == key_id(name, key):
            require(signed_by(key, body.encode(), data[4:]))
            verified = True
    require(verified and "" not in more[:-2])
    return origin, int(size), unb64(head, 32)


def check_head(document, key):
    require(set(document) == {"v", "origin", "size", "root", "note"} and document["v"] == 1)
    origin, size, head = open_checkpoint(document["note"], key)
    require((origin, size, "sha256:" + head.hex()) == (document["origin"], document["size"], document["root"]))
    return size, head


FIELDS = {
    "inclusion": {"leaf", "index", "size", "proof", "root"},
    "consistency": {"size1", "size2", "proof", "root1", "root2"},
    "checkpoint": {"note", "public_key"},
    "receipt": {"record_base64", "receipt", "public_key"},
}


def check(doc):
    op = doc.get("op")
    require(doc.get("v") == 1 and op in FIELDS)
    require(set(doc) - {"origin"} == FIELDS[op] | {"v", "op"} and ("origin" not in doc or op == "checkpoint"))
    proof = [unb64(text, 32) for text in doc.get("proof", [])]
    if op == "inclusion":
        require(0 <= doc["index"] < doc["size"])
        require(follow(unb64(doc["leaf"], 32), doc["index"], doc["size"], proof) == unb64(doc["root"], 32))
    elif op == "consistency":
        size1, size2, roots = doc["size1"], doc["size2"], (unb64(doc["root1"], 32), unb64(doc["root2"], 32))
        require(size1 <= size2 and (size1 > 0 or size2 == 0))
        require(extend(size1, size2, proof, roots[0]) == roots)
    elif op == "checkpoint":
        origin, _, _ = open_checkpoint(doc["note"], unb64(doc["public_key"], 32))
        require(doc.get("origin", origin) == origin)
    else:
        receipt = doc["receipt"]
        require(set(receipt) == {"v", "index", "proof", "checkpoint"} and receipt["v"] == 1)
        size, head = check_head(receipt["checkpoint"], unb64(doc["public_key"], 32))
        proof = [unb64(text, 32) for text in receipt["proof"]]
        require(0 <= receipt["index"] < size)
        require(follow(leaf_hash(unb64(doc["record_base64"])), receipt["index"], size, proof) == head)


def holds(doc):
    try:
        check(doc)
        return True
    except Refused:
        return False


# The cases.

# RFC 8032, section 7.1, tests 1 and 2: they guard nothing.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
OTHER = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
ORIGIN = "data.xa.example/test"


def record(n):
    return f'{{"n":{n}}}'.encode()


def cases():
    leaves = [leaf_hash(record(n)) for n in range(200)]

    def inclusion(index, size, **changes):
        return {"v": 1, "op": "inclusion", "leaf": b64(leaves[index]), "index": index, "size": size,
                "proof": [b64(h) for h in path(index, leaves[:size])], "root": b64(root(leaves[:size]))} | changes

    def consistency(size1, size2, **changes):
        return {"v": 1, "op": "consistency", "size1": size1, "size2": size2,
                "proof": [b64(h) for h in (subproof(size1, leaves[:size2]) if size1 else [])],
                "root1": b64(root(leaves[:size1])), "root2": b64(root(leaves[:size2]))} | changes

    def body(size, origin=ORIGIN):
        return f"{origin}\n{size}\n{b64(root(leaves[:size]))}\n"

    def checkpoint(text, signers=((ORIGIN, SEED),), key=SEED, **changes):
        return {"v": 1, "op": "checkpoint", "note": note(text, signers), "public_key": b64(public(key))} | changes

    def receipt(index, size, says=None, **changes):
        head = {"v": 1, "origin": ORIGIN, "size": size, "root": "sha256:" + root(leaves[:size]).hex(),
                "note": note(body(size), [(ORIGIN, SEED)])} | (says or {})
        proof = [b64(h) for h in path(index, leaves[:size])]
        return {"v": 1, "op": "receipt", "record_base64": b64(record(index)), "public_key": b64(public(SEED)),
                "receipt": {"v": 1, "index": index, "proof": proof, "checkpoint": head}} | changes

    def flipped(text):
        data = bytearray(unb64(text))
        data[-1] ^= 1
        return b64(bytes(data))

    for index, size in [(0, 1), (0, 2), (1, 2), (2, 3), (3, 7), (6, 7), (7, 8), (12, 13), (77, 128), (199, 200)]:
        yield f"inclusion: {index} of {size}", inclusion(index, size), None
    one = inclusion(3, 7)
    proof = one["proof"]
    yield "inclusion: the index is the size", one | {"index": 7}, "KF-INTEGRITY-21"
    yield "inclusion: in an empty tree", one | {"index": 0, "size": 0, "proof": []}, "KF-INTEGRITY-21"
    yield "inclusion: another leaf", one | {"leaf": b64(leaves[4])}, "KF-INTEGRITY-23"
    yield "inclusion: another index", one | {"index": 2}, "KF-INTEGRITY-23"
    yield "inclusion: an index with a shorter path", one | {"index": 6}, "KF-INTEGRITY-22"
    yield "inclusion: another root", one | {"root": b64(root(leaves[:8]))}, "KF-INTEGRITY-23"
    yield "inclusion: two hashes in the wrong order", one | {"proof": proof[1::-1] + proof[2:]}, "KF-INTEGRITY-23"
    yield "inclusion: a flipped bit", one | {"proof": [flipped(proof[0])] + proof[1:]}, "KF-INTEGRITY-23"
    yield "inclusion: a hash short", one | {"proof": proof[:-1]}, "KF-INTEGRITY-22"
    yield "inclusion: a hash long", one | {"proof": proof + proof[:1]}, "KF-INTEGRITY-22"
    yield "inclusion: the root of one leaf, with a proof", inclusion(0, 1, proof=[proof[0]]), "KF-INTEGRITY-22"
    yield "inclusion: a leaf of 31 bytes", one | {"leaf": b64(leaves[3][:31])}, "KF-CANON-02"
    yield "inclusion: base64 with loose bits", one | {"root": one["root"][:-2] + "B="}, "KF-CANON-02"

    for size1, size2 in [(1, 1), (1, 2), (2, 3), (3, 7), (4, 8), (6, 7), (7, 8), (6, 13), (64, 128), (127, 200)]:
        yield f"consistency: {size1} to {size2}", consistency(size1, size2), None
    yield "consistency: of the empty tree with itself", consistency(0, 0), None
    one = consistency(3, 7)
    proof = one["proof"]
    yield "consistency: from the empty tree", consistency(0, 7), "KF-INTEGRITY-24"
    yield "consistency: a tree that shrinks", one | {"size1": 8}, "KF-INTEGRITY-24"
    yield "consistency: one size, two roots", consistency(7, 7, root2=one["root1"]), "KF-INTEGRITY-25"
    yield "consistency: one size and a proof", consistency(7, 7, proof=proof), "KF-INTEGRITY-22"
    yield "consistency: swapped roots", one | {"root1": one["root2"], "root2": one["root1"]}, "KF-INTEGRITY-25"
    yield "consistency: another old root", one | {"root1": b64(root(leaves[1:4]))}, "KF-INTEGRITY-25"
    yield "consistency: another new root", one | {"root2": b64(root(leaves[:8]))}, "KF-INTEGRITY-25"
    yield "consistency: a flipped bit", one | {"proof": proof[:-1] + [flipped(proof[-1])]}, "KF-INTEGRITY-25"
    yield "consistency: a hash short", one | {"proof": proof[:-1]}, "KF-INTEGRITY-22"
    yield "consistency: a hash long", one | {"proof": proof + proof[:1]}, "KF-INTEGRITY-22"
    yield "consistency: no hash", one | {"proof": []}, "KF-INTEGRITY-22"

    yield "checkpoint: of the empty log", checkpoint(body(0)), None
    yield "checkpoint: of seven records", checkpoint(body(7)), None
    yield "checkpoint: of a log that is named", checkpoint(body(7), origin=ORIGIN), None
    yield "checkpoint: a Chinese name", checkpoint(body(7, "西安/公共数据"), [("西安/公共数据", SEED)]), None
    yield "checkpoint: with an extension line", checkpoint(body(7) + "opaque\n"), None
    yield "checkpoint: with a line of another key", checkpoint(body(7), [("witness.example", OTHER), (ORIGIN, SEED)]), None
    one = checkpoint(body(7))
    yield "checkpoint: another key", one | {"public_key": b64(public(OTHER))}, "KF-INTEGRITY-19"
    yield "checkpoint: signed under another name", checkpoint(body(7), [("other.example", SEED)]), "KF-INTEGRITY-19"
    yield "checkpoint: signed by another key alone", checkpoint(body(7), [(ORIGIN, OTHER)]), "KF-INTEGRITY-19"
    forged = one["note"].replace("\n7\n", "\n8\n")
    yield "checkpoint: another size under the signature", one | {"note": forged}, "KF-INTEGRITY-20"
    head, signature = one["note"].rsplit(" ", 1)
    yield "checkpoint: a flipped bit of the signature", one | {"note": f"{head} {flipped(signature[:-1])}\n"}, "KF-INTEGRITY-20"
    yield "checkpoint: another log than expected", one | {"origin": "data.xa.example/other"}, "KF-INTEGRITY-17"
    yield "checkpoint: no signature", one | {"note": body(7)}, "KF-INTEGRITY-18"
    yield "checkpoint: cut before the last line feed", one | {"note": one["note"][:-1]}, "KF-INTEGRITY-18"
    yield "checkpoint: carriage returns", one | {"note": one["note"].replace("\n", "\r\n")}, "KF-INTEGRITY-18"
    yield "checkpoint: a hyphen for the em dash", one | {"note": one["note"].replace("—", "-")}, "KF-INTEGRITY-18"
    yield "checkpoint: a size with a leading zero", checkpoint(body(7).replace("\n7\n", "\n07\n")), "KF-INTEGRITY-18"
    yield "checkpoint: a root of 31 bytes", checkpoint(f"{ORIGIN}\n7\n{b64(leaves[0][:31])}\n"), "KF-INTEGRITY-18"
    yield "checkpoint: no root", checkpoint(f"{ORIGIN}\n7\n"), "KF-INTEGRITY-18"

    for index, size in [(0, 1), (3, 7), (12, 13)]:
        yield f"receipt: record {index} of {size}", receipt(index, size), None
    yield "receipt: another record", receipt(3, 7, record_base64=b64(record(4))), "KF-INTEGRITY-23"
    yield "receipt: the record with a space", receipt(3, 7, record_base64=b64(b'{"n": 3}')), "KF-INTEGRITY-23"
    yield "receipt: another key", receipt(3, 7, public_key=b64(public(OTHER))), "KF-INTEGRITY-19"
    yield "receipt: a size that the note does not say", receipt(3, 7, {"size": 8}), "KF-INTEGRITY-26"
    yield "receipt: a root that the note does not say", receipt(3, 7, {"root": "sha256:" + "0" * 64}), "KF-INTEGRITY-26"
    one = receipt(3, 7)
    yield "receipt: another index", one | {"receipt": one["receipt"] | {"index": 2}}, "KF-INTEGRITY-23"
    yield "receipt: an index beyond the head", one | {"receipt": one["receipt"] | {"index": 7}}, "KF-INTEGRITY-21"

    yield "no such operation", one | {"op": "witness"}, "KF-CANON-02"
    yield "a version that is not 1", inclusion(0, 1, v=2), "KF-CANON-02"
    yield "a field too many", inclusion(0, 1, extra=True), "KF-CANON-02"


def main():
    if "--write" in sys.argv:
        answers = [{"name": name, "input": doc} | ({"error": {"code": code}} if code else {"output": {"valid": True}})
                   for name, doc, code in cases()]
        about = {
            "zh": "账本的证明:包含、一致性、检查点与回执。公式见 RFC 6962 与 C2SP;由 tests/oracles/ledger.py 生成。",
            "en": "Proofs of the ledger: inclusion, consistency, checkpoints, receipts, as RFC 6962 and C2SP define them. Made by tests/oracles/ledger.py.",
        }
        PATH.write_text(json.dumps({"v": 1, "about": about, "cases": answers}, ensure_ascii=False, indent=1) + "\n")
    wrong = [case["name"] for case in json.loads(PATH.read_text())["cases"] if holds(case["input"]) != ("output" in case)]
    count = len(json.loads(PATH.read_text())["cases"])
    print(f"{count - len(wrong)} of {count} cases agree", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
