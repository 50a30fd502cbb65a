#!/bin/sh
# case export: the whole of it, and for the customer nothing internal; case
# review drafts the write-up of HW-11 (LC-01); audit says who did what, and why.
set -eu
export LC_ALL=C.UTF-8 LANGUAGE=en NO_COLOR=1 TZ=Asia/Shanghai
unset COLUMNS YINUO_HOME
yinuo=$YINUO_BIN/yinuo
dir=$(mktemp -d /tmp/yinuo-file-XXXXXX)
trap 'rm -rf "$dir"' EXIT

fail() {
    echo "case_file: $*" >&2
    cat "$dir"/*.txt >&2 || :
    exit 1
}

cat >"$dir/case.jsonl" <<'EOF_CASE'
{"id":"e1","kind":"case.opened","at":"2026-03-02T09:00:00+08:00","station":"ST-LN-04","case_id":"A-1","owner":"ln04-e1","channel":"phone","symptom":"it is loud"}
{"id":"e2","kind":"promise.made","at":"2026-03-02T09:20:00+08:00","station":"ST-LN-04","case_id":"A-1","promise_id":"P1","what":"a new fan","due":"2026-03-02T12:00:00+08:00","accepted_by_customer":true,"by":"ln04-e1"}
{"id":"e3","kind":"note.internal","at":"2026-03-02T09:30:00+08:00","station":"ST-LN-04","case_id":"A-1","note":"he is a nuisance"}
{"id":"e4","kind":"charge.quoted","at":"2026-03-02T09:40:00+08:00","station":"ST-LN-04","case_id":"A-1","amount":120,"items":["visit"],"version":"V7.0"}
{"id":"e5","kind":"customer.dissatisfied","at":"2026-03-02T10:00:00+08:00","station":"ST-LN-04","case_id":"A-1","level":2,"words":"nobody calls me","note":"again him"}
{"id":"e6","kind":"case.waiting","at":"2026-03-02T10:10:00+08:00","station":"ST-LN-04","case_id":"A-1","for":"parts","reason":"the store forgot him"}
{"id":"e7","kind":"case.corrected","at":"2026-03-02T10:20:00+08:00","station":"ST-LN-04","case_id":"A-1","field":"severity","value":"S3","reason":"typed wrongly"}
{"id":"e8","kind":"case.resolved","at":"2026-03-02T10:30:00+08:00","station":"ST-LN-04","case_id":"A-1","resolution":"a new fan is in","cause_tag":"rude_engineer"}
EOF_CASE
file() {
    command=$1
    shift
    "$yinuo" case "$command" A-1 "$dir/case.jsonl" --policy packs/service-network \
        --until 2026-03-02T13:00:00+08:00 "$@" >"$dir/$command.txt" ||
        fail "$command ended with $?"
}

file export
grep -q 'nuisance' "$dir/export.txt" || fail "our own notes are ours"
grep -q 'pages ln04-e1 (engineer)' "$dir/export.txt" || fail "who was called"
grep -q 'P1 a new fan, due 2026-03-02 12:00: missed' "$dir/export.txt" ||
    fail "what was promised"
grep -q 'amount 120' "$dir/export.txt" || fail "what was charged"

file export --for customer
grep -q 'nobody calls me' "$dir/export.txt" || fail "his own words"
grep -q 'a new fan' "$dir/export.txt" || fail "what he was promised"
grep -q 'amount 120' "$dir/export.txt" || fail "what he was charged"
grep -q 'for parts' "$dir/export.txt" || fail "what it waited for"
grep -Eq 'nuisance|again him|level|S[1-4]|pages|station head|forgot|typed|rude' \
    "$dir/export.txt" && fail "something internal"
file export --for customer --output json
grep -Eq 'nuisance|again him|"level"|severity|effects|forgot|typed|rude' "$dir/export.txt" &&
    fail "something internal in the JSON"

"$yinuo" case review HW-11 tests/scenarios/hw-11.yaml >"$dir/review.txt" ||
    fail "review ended with $?"
for head in "In the customer's own words" "What happened, by the records" \
    Promises Causes Actions; do
    grep -q "^## $head\$" "$dir/review.txt" || fail "no part \"$head\""
done
grep -q '^- 2016-01-11 09:00, complaint opened' "$dir/review.txt" ||
    fail "the customer's voice"
grep -q '^- deadline "no contact" missed' "$dir/review.txt" || fail "a cause"
grep -Eq '^\| see that "no contact" is kept \| ro11-[a-z]+ \| 20' \
    "$dir/review.txt" || fail "an action with its owner and due date"

"$yinuo" audit --policy packs/service-network --output csv \
    --until 2026-03-02T13:00:00+08:00 "$dir/case.jsonl" >"$dir/audit.txt" ||
    fail "audit ended with $?"
grep -q '^audit,2026-03-02T09:40:00+08:00,case,.*A-1,charge quoted (amount 120),' \
    "$dir/audit.txt" || fail "the charge is not in the audit"
code=0
"$yinuo" case export NONE --policy packs/service-network "$dir/case.jsonl" \
    2>"$dir/why.txt" || code=$?
[ $code = 3 ] || fail "an unknown case ended with $code"
