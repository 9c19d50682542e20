import kaifang

policy = kaifang.Policy.builtin("xian-2022-013")
facts = {"out_of_scope": False, "openness": "conditional", "action": "download"}
answer = policy.decide(facts, at="2026-11-23")
print(answer.permit, answer.denials[0]["cite"], answer.denials[0]["zh"])  # False A22.2 …
assert answer.denials[0]["code"] == "conditional_no_download"
