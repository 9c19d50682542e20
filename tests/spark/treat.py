"""What a partition goes through: the plan and the keys are read where the work is done, and never travel."""

import os

import pyarrow as pa

import kaifang


def treat(batches):
    plan = kaifang.Plan.load(os.environ["KAIFANG_PLAN"])
    keys = kaifang.Keyring.load(os.environ["KAIFANG_KEYS"])
    for batch in batches:
        table, _ = plan.apply(batch, keys=keys)
        yield from table.to_pyarrow().to_batches()


def sizes(batches):
    """The rows of each batch, as Spark cuts them."""
    for batch in batches:
        yield pa.record_batch({"rows": [batch.num_rows]})
