#!/bin/sh
# simulate --against: the same pack changes nothing; a shorter deadline calls
# earlier, and says whom; programs get the same as JSON.
set -eu
export LC_ALL=C.UTF-8 LANGUAGE=en NO_COLOR=1
unset COLUMNS YINUO_HOME
yinuo=$YINUO_BIN/yinuo
dir=$(mktemp -d /tmp/yinuo-against-XXXXXX)
trap 'rm -rf "$dir"' EXIT

fail() {
    echo "against: $*" >&2
    cat "$dir"/*.txt >&2 || :
    exit 1
}

cat >"$dir/day.jsonl" <<'EOF_DAY'
{"id":"e1","kind":"case.opened","at":"2026-03-02T09:00:00+08:00","station":"ST-LN-04","case_id":"A-1","owner":"ln04-e1","channel":"phone","symptom":"it is loud"}
{"id":"e2","kind":"case.opened","at":"2026-03-02T09:10:00+08:00","station":"ST-LN-04","case_id":"A-2","owner":"ln04-e1","channel":"phone","impact":"major","symptom":"it is down"}
{"id":"e3","kind":"promise.made","at":"2026-03-02T09:20:00+08:00","station":"ST-LN-04","case_id":"A-1","promise_id":"P1","due":"2026-03-02T12:00:00+08:00","accepted_by_customer":true}
{"id":"e4","kind":"promise.kept","at":"2026-03-02T11:00:00+08:00","station":"ST-LN-04","case_id":"A-1","promise_id":"P1"}
EOF_DAY
cp -r packs/service-network "$dir/service-network"
sed -i 's/^  plan:$/  plan:  # 1/; /^  plan:  # 1$/,/^  [a-z]/s/after: 4h, /after: 2h, /' \
    "$dir/service-network/policy.yaml"
cmp -s packs/service-network/policy.yaml "$dir/service-network/policy.yaml" &&
    fail "the pack was not changed"

against() {
    "$yinuo" simulate --policy packs/service-network --answer after:2m \
        --until 2026-03-03T09:00:00+08:00 "$@" >"$dir/said.txt"
}

against --against packs/service-network "$dir/day.jsonl" || fail "ended with $?"
grep -q '^4 events of 2 cases; 0 of them change' "$dir/said.txt" ||
    fail "the same pack changes something"

TZ=Asia/Shanghai against --against "$dir/service-network" "$dir/day.jsonl" ||
    fail "ended with $?"
grep -q '1 of them change' "$dir/said.txt" || fail "one case changes"
grep -q '^A-2 ' "$dir/said.txt" || fail "A-2 changes"
grep -q '  + 2026-03-02 11:10  S2  .* (regional rep)  TM-PLAN' "$dir/said.txt" ||
    fail "the regional rep is called two hours after the raise"
grep -q '  - 2026-03-02 13:10  S2  .* (regional rep)  TM-PLAN' "$dir/said.txt" ||
    fail "and not after four"
# P1 was kept: its reminder two hours before is no miss
grep -Eq '^promise +1 +1 +0 +0' "$dir/said.txt" || fail "P1 was kept"

against --against "$dir/service-network" --since 2026-03-02T14:00:00+08:00 \
    "$dir/day.jsonl" || fail "ended with $?"
grep -q '; 0 of them change' "$dir/said.txt" || fail "nothing changes since two"

against --against "$dir/service-network" --output json "$dir/day.jsonl"
grep -q '"cases_changed":1' "$dir/said.txt" || fail "not in the JSON"
grep -q '"only_then":\[{"at":"2026-03-02T03:10:00Z"' "$dir/said.txt" ||
    fail "the page is not in the JSON"

code=0
against --against "$dir/service-network" - <"$dir/day.jsonl" 2>"$dir/why.txt" ||
    code=$?
[ $code = 7 ] || fail "standard input ended with $code"
code=0
against --against "$dir/none" "$dir/day.jsonl" 2>"$dir/why.txt" || code=$?
[ $code != 0 ] || fail "a pack that is not there"
