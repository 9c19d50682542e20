"""The checks that need no log: proofs on plain bytes against a tree that shares no code with the library."""

import base64
import functools
import hashlib
import json
import random

import pytest
from conftest import refused
from gm import sm3

import kaifang
from kaifang import ledger

HASHES = {"sha256": lambda data: hashlib.sha256(data).digest(), "sm3": sm3}


class Tree:
    """RFC 6962, section 2.1, as it is written there."""

    def __init__(self, hash, records):
        self.hash = HASHES[hash]
        self.leaves = [self.hash(b"\0" + record) for record in records]
        self.root = functools.lru_cache(maxsize=None)(self.root)

    def node(self, left, right):
        return self.hash(b"\1" + left + right)

    @staticmethod
    def split(size):
        return 1 << (size - 1).bit_length() - 1

    def root(self, start=0, end=None):
        end = len(self.leaves) if end is None else end
        if end - start < 2:
            return self.leaves[start] if end - start else self.hash(b"")
        middle = start + self.split(end - start)
        return self.node(self.root(start, middle), self.root(middle, end))

    def path(self, index, end, start=0):
        if end - start == 1:
            return []
        middle = start + self.split(end - start)
        if index < middle:
            return [*self.path(index, middle, start), self.root(middle, end)]
        return [*self.path(index, end, middle), self.root(start, middle)]

    def consistency(self, size1, end, start=0, whole=True):
        if size1 == end:
            return [] if whole else [self.root(start, end)]
        middle = start + self.split(end - start)
        if size1 <= middle:
            return [*self.consistency(size1, middle, start, whole), self.root(middle, end)]
        return [*self.consistency(size1, end, middle, False), self.root(start, middle)]


SIZES = 20
TREES = {hash: Tree(hash, [f'{{"number":{number}}}'.encode() for number in range(SIZES)]) for hash in HASHES}


def wrong(work, *arguments, code=None, **named):
    with pytest.raises(kaifang.IntegrityError) as caught:
        work(*arguments, **named)
    refused(caught.value, kaifang.IntegrityError, code)


def flipped(data, bit=0):
    return data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]


@pytest.mark.parametrize("hash", HASHES)
def test_every_inclusion_holds_and_no_other(hash):
    tree = TREES[hash]
    for size in range(1, SIZES + 1):
        root = tree.root(0, size)
        for index in range(size):
            leaf, proof = tree.leaves[index], tree.path(index, size)
            assert ledger.leaf_hash({"number": index}, hash=hash) == leaf
            assert ledger.verify_inclusion(leaf, index, size, proof, root, hash=hash) is None
            ledger.verify_inclusion(leaf_hash=leaf, index=index, size=size, proof=proof, root=root, hash=hash)
            # No other leaf, root, place or proof; nor the same by the other hash.
            wrong(ledger.verify_inclusion, flipped(leaf), index, size, proof, root, hash=hash)
            wrong(ledger.verify_inclusion, leaf, index, size, proof, flipped(root, 255), hash=hash)
            wrong(ledger.verify_inclusion, leaf, index, size, [*proof, root], root, code="KF-INTEGRITY-22", hash=hash)
            wrong(ledger.verify_inclusion, leaf, index, index, proof, root, code="KF-INTEGRITY-21", hash=hash)
            for place in range(len(proof)):
                changed = [*proof[:place], flipped(proof[place], 8 * place), *proof[place + 1 :]]
                wrong(ledger.verify_inclusion, leaf, index, size, changed, root, code="KF-INTEGRITY-23", hash=hash)
                short = proof[:place] + proof[place + 1 :]
                wrong(ledger.verify_inclusion, leaf, index, size, short, root, code="KF-INTEGRITY-22", hash=hash)
            if proof:
                other = next(name for name in HASHES if name != hash)
                wrong(ledger.verify_inclusion, leaf, index, size, proof, root, hash=other)
            for other_index in set(range(size + 2)) - {index}:
                wrong(ledger.verify_inclusion, leaf, other_index, size, proof, root, hash=hash)


@pytest.mark.parametrize("hash", HASHES)
def test_every_consistency_holds_and_no_other(hash):
    tree = TREES[hash]
    for size2 in range(1, SIZES + 1):
        root2 = tree.root(0, size2)
        wrong(ledger.verify_consistency, 0, size2, [], tree.root(0, 0), root2, code="KF-INTEGRITY-24", hash=hash)
        for size1 in range(1, size2 + 1):
            root1, proof = tree.root(0, size1), tree.consistency(size1, size2)
            assert ledger.verify_consistency(size1, size2, proof, root1, root2, hash=hash) is None
            ledger.verify_consistency(size1=size1, size2=size2, proof=proof, root1=root1, root2=root2, hash=hash)
            wrong(ledger.verify_consistency, size1, size2, proof, flipped(root1), root2, hash=hash)
            wrong(ledger.verify_consistency, size1, size2, proof, root1, flipped(root2), hash=hash)
            wrong(ledger.verify_consistency, size1, size2, [*proof, root1], root1, root2, hash=hash)
            wrong(ledger.verify_consistency, size1, size2, [root1, *proof], root1, root2, hash=hash)
            for place in range(len(proof)):
                changed = [*proof[:place], flipped(proof[place], 77), *proof[place + 1 :]]
                wrong(ledger.verify_consistency, size1, size2, changed, root1, root2, hash=hash)
                short = proof[:place] + proof[place + 1 :]
                wrong(ledger.verify_consistency, size1, size2, short, root1, root2, code="KF-INTEGRITY-22", hash=hash)
            if size1 != size2:
                wrong(ledger.verify_consistency, size1, size2, proof, root2, root1, hash=hash)
                wrong(ledger.verify_consistency, size2, size1, proof, root1, root2, code="KF-INTEGRITY-24", hash=hash)
    ledger.verify_consistency(0, 0, [], tree.root(0, 0), tree.root(0, 0), hash=hash)


#: The eight leaves of the tests of Certificate Transparency, and the roots that its implementations publish for them.
CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_the_tree_of_certificate_transparency():
    tree = Tree("sha256", [bytes.fromhex(leaf) for leaf in CT_LEAVES])
    for size, root in enumerate(CT_ROOTS, 1):
        assert tree.root(0, size).hex() == root
    for index, leaf in enumerate(CT_LEAVES):
        leaf = ledger.leaf_hash(bytes.fromhex(leaf))
        ledger.verify_inclusion(leaf, index, 8, tree.path(index, 8), bytes.fromhex(CT_ROOTS[7]))
        ledger.verify_inclusion(leaf, index, 8, tree.path(index, 8), f"sha256:{CT_ROOTS[7]}")
    for size1, root1 in enumerate(CT_ROOTS, 1):
        proof = tree.consistency(size1, 8)
        ledger.verify_consistency(size1, 8, proof, bytes.fromhex(root1), bytes.fromhex(CT_ROOTS[7]))


def vectors():
    """Cases in the shape of transparency-dev/merkle's `testdata`, made here: what holds, and each way not to."""
    tree = TREES["sha256"]

    def b64(data):
        return base64.b64encode(data).decode()

    def case(desc, wrong, **fields):
        proof = None if fields["proof"] == [] and not wrong else [b64(hash) for hash in fields.pop("proof")]
        texts = {name: b64(value) if isinstance(value, bytes) else value for name, value in fields.items()}
        return json.dumps({**texts, "proof": proof, "desc": desc, "wantErr": wrong})

    for index, size in ((0, 1), (0, 8), (5, 8), (2, 3), (1, 5), (13, 20)):
        good = {"leafIdx": index, "treeSize": size, "root": tree.root(0, size), "leafHash": tree.leaves[index]}
        proof = tree.path(index, size)
        yield case("happy path", False, **good, proof=proof)
        for desc, change in {
            "leafIdx - 1": {"leafIdx": (index - 1) % 2**64},
            "leafIdx ^ 2": {"leafIdx": index ^ 2},
            "treeSize * 2": {"treeSize": size * 2},
            "treeSize / 2": {"treeSize": size // 2},
            "wrong leaf": {"leafHash": tree.leaves[index - 1 or 3]},
            "empty root": {"root": b""},
            "random root": {"root": random.Random(1).randbytes(32)},
            "trailing garbage": {"proof": [*proof, b""]},
            "preceding garbage": {"proof": [b"", *proof]},
            "trailing root": {"proof": [*proof, good["root"]]},
            "preceding root": {"proof": [good["root"], *proof]},
            "truncated hash": {"leafHash": good["leafHash"][:31]},
            "a hash too long": {"proof": [hash + b"\0" for hash in proof] or [bytes(33)]},
        }.items():
            yield case(desc, True, **{**good, "proof": proof, **change})
    for size1, size2 in ((1, 1), (1, 8), (6, 8), (2, 5), (7, 20)):
        good = {"size1": size1, "size2": size2, "root1": tree.root(0, size1), "root2": tree.root(0, size2)}
        proof = tree.consistency(size1, size2)
        yield case("happy path", False, **good, proof=proof)
        for desc, change in {
            "size1 + 1": {"size1": size1 + 1},
            "size1 - 1": {"size1": size1 - 1},
            "size2 * 2": {"size2": size2 * 2},
            "wrong root1": {"root1": b"WrongRoot"},
            "wrong root2": {"root2": b"WrongRoot"},
            "trailing garbage": {"proof": [*proof, b""]},
            "preceding root1": {"proof": [good["root1"], *proof]},
            "trailing root2": {"proof": [*proof, good["root2"]]},
        }.items():
            yield case(desc, True, **{**good, "proof": proof, **change})
    # Two trees of one size are one tree when their roots are; nobody looks into the roots.
    for size, roots, fails in ((0, ("any", "any"), False), (1, ("any", "any"), False), (1, ("any", "other"), True)):
        root1, root2 = (root.encode() for root in roots)
        yield case("equal sizes", fails, size1=size, size2=size, root1=root1, root2=root2, proof=[])


VECTORS = list(vectors())


@pytest.mark.parametrize("number", range(len(VECTORS)))
def test_vectors_of_others_run(number):
    case = json.loads(VECTORS[number])
    proof = [base64.b64decode(hash) for hash in case["proof"] or []]
    try:
        if "leafIdx" in case:
            leaf, root = (base64.b64decode(case[name]) for name in ("leafHash", "root"))
            ledger.verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)
        else:
            roots = [base64.b64decode(case[name]) for name in ("root1", "root2")]
            ledger.verify_consistency(case["size1"], case["size2"], proof, *roots)
    except kaifang.IntegrityError as error:
        assert case["wantErr"], (case, error)
    else:
        assert not case["wantErr"], case


def test_what_is_no_hash_and_no_number_is_refused_by_type():
    leaf, proof, root = TREES["sha256"].leaves[3], TREES["sha256"].path(3, 7), TREES["sha256"].root(0, 7)
    good = {"leaf_hash": leaf, "index": 3, "size": 7, "proof": proof, "root": root}
    ledger.verify_inclusion(**good)
    for name, value, error in (
        ("leaf_hash", None, TypeError),
        ("leaf_hash", list(leaf), TypeError),
        ("root", 7, TypeError),
        ("proof", None, TypeError),
        ("proof", [7], TypeError),
        ("proof", b"".join(proof), TypeError),
        ("index", "3", TypeError),
        ("index", 3.0, TypeError),
        ("index", -1, OverflowError),
        ("size", 2**64, OverflowError),
        ("root", "sha256:00", ValueError),
        ("root", root.hex(), ValueError),
        ("root", "sm3:" + root.hex(), ValueError),
        ("hash", "sha512", ValueError),
        ("root", root[:31], kaifang.IntegrityError),
        ("root", root + b"\0", kaifang.IntegrityError),
        ("leaf_hash", b"", kaifang.IntegrityError),
        ("proof", [*proof[:-1], proof[-1][:20]], kaifang.IntegrityError),
    ):
        with pytest.raises(error):
            ledger.verify_inclusion(**{**good, name: value})
    with pytest.raises(TypeError):
        ledger.verify_inclusion(leaf, 3, 7, proof, root, "sha256")
    with pytest.raises(ValueError):
        ledger.leaf_hash(b"", hash="md5")


@pytest.fixture(params=["intl", "gm"])
def signed(request, tmp_path):
    """A log with a signed head of five records, and its key."""
    make = kaifang.Ed25519Key.generate if request.param == "intl" else kaifang.Sm2Key.generate
    key = make(tmp_path / "key.pem")
    with ledger.Ledger.create(tmp_path / "log", origin="log", signer=key, profile=request.param) as log:
        log.append_batch([{"number": number} for number in range(5)])
        log.checkpoint()
        yield log, key, "sha256" if request.param == "intl" else "sm3"


def test_the_log_agrees_with_the_tree(signed):
    log, key, hash = signed
    tree = TREES[hash]
    assert log.root == f"{hash}:{tree.root(0, 5).hex()}"
    for index in range(5):
        receipt = log.receipt(index)
        assert [base64.b64decode(text) for text in receipt.proof] == tree.path(index, 5)
        ledger.verify_inclusion(tree.leaves[index], index, 5, tree.path(index, 5), log.root, hash=hash)
    for size in range(1, 6):
        assert log.prove_consistency(size, 5) == tree.consistency(size, 5)
    for size1, size2 in ((0, 5), (5, 4), (1, 6)):
        with pytest.raises(kaifang.LedgerError) as caught:
            log.prove_consistency(size1, size2)
        refused(caught.value, kaifang.LedgerError, "KF-LEDGER-13")


def test_a_document_says_and_proves_everything(signed):
    log, key, hash = signed
    tree = TREES[hash]

    def b64(data):
        return base64.b64encode(data).decode()

    documents = [
        {"op": "inclusion", "leaf": b64(tree.leaves[3]), "index": 3, "size": 5, "root": b64(tree.root(0, 5))},
        {"op": "consistency", "size1": 3, "size2": 5, "root1": b64(tree.root(0, 3)), "root2": b64(tree.root(0, 5))},
        {"op": "checkpoint", "note": log.signed.note, "public_key": key.public_key, "origin": "log"},
        {
            "op": "receipt",
            "record_base64": b64(b'{"number":3}'),
            "receipt": log.receipt(3).to_dict(),
            "public_key": key.public_key,
        },
    ]
    proofs = {"inclusion": tree.path(3, 5), "consistency": tree.consistency(3, 5)}
    for document in documents:
        if document["op"] in proofs:
            document.update(hash=hash, proof=[b64(hash) for hash in proofs[document["op"]]])
        document["v"] = 1
        assert ledger.verify_document(document) is None
    for document, change in zip(documents, ({"index": 2}, {"size1": 2}, {"origin": "lag"}, {"record_base64": "e30="})):
        wrong(ledger.verify_document, {**document, **change})
        for malformed in ({**document, "v": 2}, {**document, "more": 1}, {**document, "op": "other"}):
            with pytest.raises(kaifang.KaifangError):
                ledger.verify_document(malformed)


def test_two_stories_of_one_key_are_proved(signed, tmp_path):
    log, key, hash = signed
    profile = log.profile

    def told(name, origin="log", signer=key, records=5):
        with ledger.Ledger.create(tmp_path / name, origin=origin, signer=signer, profile=profile) as other:
            other.append_batch([{"another": number} for number in range(records)])
            return other.checkpoint().note

    note, other = log.signed.note, told("other")
    proof = ledger.prove_equivocation(note, other, key.public_key)
    assert proof == {"v": 1, "op": "equivocation", "note1": note, "note2": other, "public_key": key.public_key}
    ledger.verify_document(proof)
    wrong(ledger.verify_document, {**proof, "note2": note}, code="KF-INTEGRITY-31")
    wrong(ledger.prove_equivocation, note, note, key.public_key, code="KF-INTEGRITY-31")
    wrong(ledger.prove_equivocation, note, told("longer", records=6), key.public_key, code="KF-INTEGRITY-31")
    wrong(ledger.prove_equivocation, note, told("named", origin="lag"), key.public_key, code="KF-INTEGRITY-17")
    stranger = type(key).generate(tmp_path / "stranger.pem")
    wrong(ledger.prove_equivocation, note, told("strange", signer=stranger), key.public_key, code="KF-INTEGRITY-19")
    wrong(ledger.prove_equivocation, note, "no note", key.public_key, code="KF-INTEGRITY-18")
    wrong(ledger.prove_equivocation, note, other.replace("\n5\n", "\n6\n"), key.public_key, code="KF-INTEGRITY-20")
    with pytest.raises(kaifang.KeyringError):
        ledger.prove_equivocation(note, other, "no key")
