"""Four processes answer for one platform, as behind gunicorn: what one writes all obey, and quotas are counted together."""

import subprocess
import sys
import time

import pytest
from test_path import AT, BODY, BY_AUTHORITY, BY_BODY, BY_USER, USER, digest, harmless, open_dataset

import kaifang

WORKER = """
import sys, kaifang
dir, name, key, user = sys.argv[1:]
at = "2026-11-23T02:00:00Z"
worker = kaifang.Worker.open(dir, name, signer=kaifang.Ed25519Key.load(key), bound=5)
for line in sys.stdin:
    dataset, action, rows = line.split()
    request = {"v": 1, "dataset": dataset, "action": action, "via": "platform", "user": user,
               "purpose": "人口分布研究", "rows": int(rows)}
    admitted = worker.admit(request, at=at)
    if admitted.permit and action == "download":
        worker.complete(admitted.index, served=True, rows=int(rows), bytes=1, at=at)
    print("permit" if admitted.permit else admitted.decision.denials[0]["code"], flush=True)
worker.checkpoint()
"""


@pytest.fixture
def platform(policy, tmp_path):
    key = kaifang.Ed25519Key.generate(tmp_path / "key.pem")
    with kaifang.Platform.init(tmp_path / "platform", policy=policy, origin="x.example", signer=key, at=AT) as platform:
        open_dataset(platform, policy, "xa-figures", harmless(policy), "unconditional", ["download"], digest("figures"))
        facts = harmless(policy, high_protection_need=True)
        open_dataset(platform, policy, "xa-trips", facts, "conditional", ["api"], digest("trips"))
        application = {
            "v": 1,
            "id": "app-1",
            "user": USER,
            "dataset": "xa-trips",
            "ways": ["api"],
            "purpose": "人口分布研究",
            "safeguards": ["专人专机"],
            "from": "2026-11-01",
            "until": "2027-10-31",
            "rows": 1000,
        }
        platform.event({"by": BY_USER, "event": "application_filed", "application": application}, at=AT)
        for by in (BY_BODY, BY_AUTHORITY):
            review = {"event": "application_reviewed", "application": "app-1", "approve": True, "opinion": digest("yes")}
            platform.event({"by": by, **review}, at=AT)
        yield platform


def test_a_suspension_is_obeyed_by_all_and_a_quota_is_one(platform, tmp_path):
    workers = []
    for number in range(4):
        path = tmp_path / f"worker-{number}.pem"
        key = kaifang.Ed25519Key.generate(path)
        platform.open_use_log(f"worker-{number}", public_key=key.public_key, at=AT)
        command = [sys.executable, "-c", WORKER, tmp_path / "platform", f"worker-{number}", path, USER]
        workers.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))

    def ask(worker, question):
        worker.stdin.write(question + "\n")
        worker.stdin.flush()

    def answers(question):
        for worker in workers:
            ask(worker, question)
        return [worker.stdout.readline().strip() for worker in workers]

    assert answers("xa-figures download 1") == ["permit"] * 4

    # A quota of 1000 rows, asked for by four at once, a hundred at a time: exactly ten are served.
    for _ in range(5):
        for worker in workers:
            ask(worker, "xa-trips api 100")
    said = [worker.stdout.readline().strip() for _ in range(5) for worker in workers]
    assert sorted(said) == ["permit"] * 10 + ["quota_exceeded"] * 10

    # A32(5): one process writes it, and the next answer of every other obeys.
    suspended = {"by": BY_BODY, "event": "dataset_suspended", "dataset": "xa-figures", "ground": "risk"}
    begun = time.monotonic()
    platform.event(suspended, at=AT)
    assert answers("xa-figures download 1") == ["suspended"] * 4
    assert time.monotonic() - begun < 5, "within the bound"

    for worker in workers:
        worker.stdin.close()
        assert worker.wait(timeout=30) == 0
        worker.stdout.close()
    report = platform.audit(at=AT)
    assert {finding["code"] for finding in report.findings} == {"intent_without_result"}, "what the ten left open"
    assert len(report.findings) == 10 and report.decisions == 4 + 20 + 4
    assert kaifang.usage_summary(tmp_path / "platform", {"dataset": "xa-figures"})["calls"] == 4
    assert BODY["id"] and len(kaifang.uses(tmp_path / "platform", {"action": "api"})) == 10
