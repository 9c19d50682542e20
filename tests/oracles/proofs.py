"""An independent model of the ledger's proofs: RFC 6962 by its recursive definition over SHA-256 and SM3, and C2SP notes,
from the standard library and `signatures.py` alone. `holds` decides; `ledger.py` asks.
"""
import base64, functools, hashlib

from signatures import Sm2, point_of, sm3, verify_ed25519, verify_sm2

# The tree (RFC 6962, section 2.1).


def sha256(data):
    return hashlib.sha256(data).digest()


HASHES = {"sha256": sha256, "sm3": functools.lru_cache(None)(sm3)}


def leaf_hash(record, h=sha256):
    return h(b"\0" + record)


def node(left, right, h):
    return h(b"\1" + left + right)


def split(n):
    return 1 << (n - 1).bit_length() - 1


def root(leaves, h=sha256):
    if not leaves:
        return h(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node(root(leaves[:k], h), root(leaves[k:], h), h)


def path(m, leaves, h=sha256):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return path(m, leaves[:k], h) + [root(leaves[k:], h)]
    return path(m - k, leaves[k:], h) + [root(leaves[:k], h)]


def subproof(m, leaves, h=sha256, whole=True):
    if m == len(leaves):
        return [] if whole else [root(leaves, h)]
    k = split(len(leaves))
    if m <= k:
        return subproof(m, leaves[:k], h, whole) + [root(leaves[k:], h)]
    return subproof(m - k, leaves[k:], h, False) + [root(leaves[:k], h)]


def follow(leaf, m, n, proof, h):
    """The root that an inclusion proof leads to."""
    if n == 1:
        require(not proof)
        return leaf
    require(proof)
    *rest, last = proof
    k = split(n)
    return node(follow(leaf, m, k, rest, h), last, h) if m < k else node(last, follow(leaf, m - k, n - k, rest, h), h)


def extend(m, n, proof, old, h):
    """Both roots that a consistency proof leads to. `old` is the older root while the older tree is one subtree."""
    if m == n:
        require(len(proof) == (old is None))
        return (old or proof[0],) * 2
    require(proof)
    *rest, last = proof
    k = split(n)
    if m <= k:
        older, newer = extend(m, k, rest, old, h)
        return older, node(newer, last, h)
    older, newer = extend(m - k, n - k, rest, None, h)
    return node(last, older, h), node(last, newer, h)


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


class Key:
    """A public key as documents have it: what notes call it, how it verifies, and the hash of the trees it signs."""

    def __init__(self, text):
        if text.startswith("sm2:"):
            require(text.count(":") > 1)
            _, point, signer = text.split(":", 2)
            point = unb64(point, 65)
            require(point_of(point) and 0 < len(signer.encode()) < 256 and signer == signer.strip() and is_line(signer))
            self.typed, self.hash = b"\xffsm2-sm3/v1" + point + signer.encode(), "sm3"
            self.verify = functools.partial(verify_sm2, point, signer)
        else:
            key = unb64(text, 32)
            self.typed, self.hash, self.verify = b"\1" + key, "sha256", functools.partial(verify_ed25519, key)


def text_of(key):
    return f"sm2:{b64(key.public)}:{key.signer}" if isinstance(key, Sm2) else b64(key.public)


def key_id(name, key):
    return sha256(name.encode() + b"\n" + key.typed)[:4]


def is_line(text):
    return not any(c < " " or "\x7f" <= c < "\xa0" for c in text)


def is_name(name):
    return name != "" and is_line(name) and not any(c.isspace() or c == "+" for c in name)


def line(name, key, signature):
    return f"— {name} {b64(key_id(name, key) + signature)}\n"


def note(text, signers):
    return f"{text}\n" + "".join(line(name, key, key.sign(text.encode())) for name, key in signers)


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
            require(key.verify(body.encode(), data[4:]))
            verified = True
    require(verified and "" not in more[:-2])
    return origin, int(size), unb64(head, 32)


def check_head(document, key):
    require(set(document) == {"v", "origin", "size", "root", "note"} and document["v"] == 1)
    origin, size, head = open_checkpoint(document["note"], key)
    require((origin, size, f"{key.hash}:{head.hex()}") == (document["origin"], document["size"], document["root"]))
    return size, head


FIELDS = {
    "inclusion": {"leaf", "index", "size", "proof", "root"},
    "consistency": {"size1", "size2", "proof", "root1", "root2"},
    "checkpoint": {"note", "public_key"},
    "equivocation": {"note1", "note2", "public_key"},
    "receipt": {"record_base64", "receipt", "public_key"},
}
MAY_BE = {"inclusion": {"hash"}, "consistency": {"hash"}, "checkpoint": {"origin"}}


def check(doc):
    op = doc.get("op")
    require(doc.get("v") == 1 and op in FIELDS and doc.get("hash", "sha256") in HASHES)
    require(set(doc) - MAY_BE.get(op, set()) == FIELDS[op] | {"v", "op"})
    proof, h = [unb64(text, 32) for text in doc.get("proof", [])], HASHES[doc.get("hash", "sha256")]
    key = Key(doc["public_key"]) if "public_key" in doc else None
    if op == "inclusion":
        require(0 <= doc["index"] < doc["size"])
        require(follow(unb64(doc["leaf"], 32), doc["index"], doc["size"], proof, h) == unb64(doc["root"], 32))
    elif op == "consistency":
        size1, size2, roots = doc["size1"], doc["size2"], (unb64(doc["root1"], 32), unb64(doc["root2"], 32))
        require(size1 <= size2 and (size1 > 0 or size2 == 0))
        require(extend(size1, size2, proof, roots[0], h) == roots)
    elif op == "checkpoint":
        origin, _, _ = open_checkpoint(doc["note"], key)
        require(doc.get("origin", origin) == origin)
    elif op == "equivocation":
        (origin1, size1, root1), (origin2, size2, root2) = (open_checkpoint(doc[name], key) for name in ("note1", "note2"))
        require(origin1 == origin2 and size1 == size2 and root1 != root2)
    else:
        receipt, h = doc["receipt"], HASHES[key.hash]
        require(set(receipt) == {"v", "index", "proof", "checkpoint"} and receipt["v"] == 1)
        size, head = check_head(receipt["checkpoint"], key)
        proof = [unb64(text, 32) for text in receipt["proof"]]
        require(0 <= receipt["index"] < size)
        require(follow(leaf_hash(unb64(doc["record_base64"]), h), receipt["index"], size, proof, h) == head)


def holds(doc):
    try:
        check(doc)
        return True
    except Refused:
        return False
