"""A tamper-evident log, and the checks that need nothing but a proof and a key.

>>> import kaifang
>>> from kaifang import ledger
>>> key = kaifang.Ed25519Key.generate("key.pem")
>>> with ledger.Ledger.create("log", origin="data.xa.example/doc", signer=key) as log:
...     index = log.append({"v": 1, "what": "opened"})
...     head = log.checkpoint()
...     receipt = log.receipt(index)
>>> ledger.verify_receipt({"v": 1, "what": "opened"}, receipt, key.public_key)
>>> ledger.verify("log", public_key=key.public_key, pin=head).size
1
"""

from __future__ import annotations

from ._documents import Checkpoint, Receipt, Verified
from ._kaifang import (
    Ledger,
    leaf_hash,
    parse_checkpoint,
    prove_equivocation,
    verify_consistency,
    verify_document,
    verify_inclusion,
    verify_receipt,
)
from ._kaifang import verify_ledger as verify

__all__ = [
    "Checkpoint",
    "Ledger",
    "Receipt",
    "Verified",
    "leaf_hash",
    "parse_checkpoint",
    "prove_equivocation",
    "verify",
    "verify_consistency",
    "verify_document",
    "verify_inclusion",
    "verify_receipt",
]
