printf 'xm,sfzh,csrq,je\n张三,11010519491231002X,1949-12-31,12\n' > people.csv
kaifang scan people.csv || true                 # 1 = direct identifiers were found
cat > plan.toml <<'PLAN'
v = 1
dataset = "people"
columns.xm   = { do = "mask", kind = "person_name" }
columns.sfzh = { do = "token", kind = "resident_id", key = "k1" }
columns.csrq = { do = "generalize", to = "year" }
columns.je   = { do = "keep" }
PLAN
kaifang keys new --kind token -o keys.json
kaifang apply plan.toml people.csv -o treated.csv --keys keys.json --applied applied.json
