#!/bin/sh
# report: a good average hides nothing, who said no comes first, the three
# incidents to the minute, as table, CSV and JSON.
set -eu
export LC_ALL=C.UTF-8 LANGUAGE=en NO_COLOR=1 TZ=Asia/Shanghai
unset COLUMNS YINUO_HOME
yinuo=$YINUO_BIN/yinuo
dir=$(mktemp -d /tmp/yinuo-report-XXXXXX)
trap 'rm -rf "$dir"' EXIT

fail() {
    echo "report: $*" >&2
    cat "$dir"/*.txt >&2 || :
    exit 1
}

# LN-1, LN-4, LN-8: from the first signal to station head, regional rep, crisis
# center (MD-15)
"$yinuo" report incidents tests/scenarios/ln-1.yaml tests/scenarios/ln-4.yaml \
    tests/scenarios/ln-8.yaml --output csv >"$dir/incidents.txt" ||
    fail "incidents ended with $?"
grep -q '^incidents,LN-1,ST-LN-01,2012-05-13T10:33:00+08:00,monitor,0,3120,3120,no$' \
    "$dir/incidents.txt" || fail "LN-1"
grep -q '^incidents,LN-4,ST-LN-04,2012-06-11T10:50:00+08:00,station,0,14400,15000,no$' \
    "$dir/incidents.txt" || fail "LN-4"
grep -q '^incidents,LN-8,' "$dir/incidents.txt" || fail "LN-8"

# FB-04: 500 answers, mean 4.95, 99.8 % content, and eight bypasses
i=0
while [ $i -lt 500 ]; do
    i=$((i + 1))
    score=5 yes=true
    [ $i -le 25 ] && score=4
    [ $i -eq 7 ] && yes=false
    printf '{"id":"o%d","kind":"case.opened","at":"2026-03-02T09:00:00+08:00","station":"ST-LN-04","case_id":"Q-%d","owner":"ln04-e1","channel":"phone","symptom":"loud"}\n' $i $i
    printf '{"id":"s%d","kind":"survey.scored","at":"2026-03-02T09:05:00+08:00","station":"ST-LN-04","case_id":"Q-%d","score":%d,"satisfied":%s,"cause_tag":"response_time","words":"it took long"}\n' $i $i $score $yes
done >"$dir/half.jsonl"
i=0
while [ $i -lt 8 ]; do
    i=$((i + 1))
    printf '{"id":"b%d","kind":"complaint.opened","at":"2026-03-02T09:06:00+08:00","station":"ST-LN-04","case_id":"Q-%d","channel":"hotline_400","topic":"skill","words":"nobody calls"}\n' $i $i
done >>"$dir/half.jsonl"
"$yinuo" report satisfaction --policy packs/service-network \
    --until 2026-03-02T09:07:00+08:00 "$dir/half.jsonl" >"$dir/half.txt" ||
    fail "satisfaction ended with $?"
grep -Eq '^all +1 +8 +0 +0 +8 +1 +500 +99\.8 % +4\.95' "$dir/half.txt" ||
    fail "mean and share stand beside what they hide"
# FB-07: whose customer said no is on top
sed -n 3p "$dir/half.txt" | grep -q '^Q-7 .*the customer says no' ||
    fail "Q-7 is on top"
"$yinuo" report causes --policy packs/service-network --output json \
    --until 2026-03-02T09:07:00+08:00 "$dir/half.jsonl" >"$dir/causes.txt" ||
    fail "causes ended with $?"
grep -q '"id":"response_time"' "$dir/causes.txt" || fail "no cause tag"
grep -q '"id":"quick_reaction"' "$dir/causes.txt" || fail "no factor of it"
grep -q '"id":"work_level"' "$dir/causes.txt" || fail "no factor of the topic"
"$yinuo" report bypass --policy packs/service-network --output csv \
    --until 2026-03-02T09:07:00+08:00 "$dir/half.jsonl" >"$dir/bypass.txt" ||
    fail "bypass ended with $?"
grep -q '^bypass,ST-LN-04,8,8,1,' "$dir/bypass.txt" || fail "all eight bypass"

# promises: one kept, one broken
cat >"$dir/kept.jsonl" <<'EOF_KEPT'
{"id":"e1","kind":"case.opened","at":"2026-03-02T09:00:00+08:00","station":"ST-LN-04","case_id":"A-1","owner":"ln04-e1","channel":"phone","symptom":"it is loud"}
{"id":"e3","kind":"promise.made","at":"2026-03-02T09:20:00+08:00","station":"ST-LN-04","case_id":"A-1","promise_id":"P1","due":"2026-03-02T12:00:00+08:00","accepted_by_customer":true}
{"id":"e4","kind":"promise.kept","at":"2026-03-02T11:00:00+08:00","station":"ST-LN-04","case_id":"A-1","promise_id":"P1"}
{"id":"e5","kind":"promise.made","at":"2026-03-02T11:20:00+08:00","station":"ST-LN-04","case_id":"A-1","promise_id":"P2","due":"2026-03-02T12:00:00+08:00","accepted_by_customer":true}
EOF_KEPT
for what in times promises load contact; do
    "$yinuo" report $what --policy packs/service-network --answer after:2m \
        --until 2026-03-03T09:00:00+08:00 "$dir/kept.jsonl" >"$dir/$what.txt" ||
        fail "$what ended with $?"
done
grep -Eq '^ln04-e1 +1 +1 +50\.0 %' "$dir/promises.txt" || fail "one of two"
grep -Eq '^acknowledgement +[0-9]+ +2 min' "$dir/times.txt" || fail "two minutes"
grep -Eq '^ln04-e1 +1 ' "$dir/load.txt" || fail "one open case"
grep -Eq '^A-1 ' "$dir/contact.txt" || fail "the case without contact"

# A clock that a higher severity times anew has been kept by nobody
cat >"$dir/raised.jsonl" <<'EOF_RAISED'
{"id":"r1","kind":"case.opened","at":"2026-03-02T09:00:00+08:00","station":"ST-LN-04","case_id":"R-1","owner":"ln04-e1","channel":"phone","symptom":"it is loud"}
{"id":"r2","kind":"media.requested","at":"2026-03-02T09:05:00+08:00","station":"ST-LN-04","case_id":"R-1","outlet":"tv","camera":true}
EOF_RAISED
"$yinuo" report times --policy packs/service-network --output csv \
    --until 2026-03-02T09:10:00+08:00 "$dir/raised.jsonl" >"$dir/raised.txt" ||
    fail "times ended with $?"
grep -q '^clocks,' "$dir/raised.txt" &&
    fail "a clock that runs is kept"

# LC-01, LC-05: HW-11 is in the digest of January, without a name; RO-11 has
# told nobody of it, RO-2 has told three of its own
"$yinuo" report lessons --output csv --policy packs/service-network \
    tests/scenarios/hw-11.yaml tests/scenarios/lc-05.yaml >"$dir/lessons.txt" ||
    fail "lessons ended with $?"
grep -q '^digest,2016-01/1,telecom,S2,' "$dir/lessons.txt" || fail "January"
grep '^digest' "$dir/lessons.txt" | grep -q 'HW-11\|RO-11\|ro11' &&
    fail "the digest names somebody"
grep -q '^open,RO-11,1,0,0,1,HW-11$' "$dir/lessons.txt" || fail "HW-11 is open"
grep -q '^open,RO-2,1,1,3,0,$' "$dir/lessons.txt" || fail "RO-2 has told them"

# LC-04: a repair of two hours, a call of 0.25 h at 60 before he is unhappy, and
# 120 back in the end
cat >"$dir/cost.jsonl" <<'EOF_COST'
{"id":"c1","kind":"case.opened","at":"2026-03-02T09:00:00+08:00","station":"ST-LN-04","case_id":"C-1","owner":"ln04-e1","reporter":"ln04-e1","channel":"phone"}
{"id":"c2","kind":"repair.done","at":"2026-03-02T10:00:00+08:00","station":"ST-LN-04","case_id":"C-1","reporter":"ln04-e1"}
{"id":"c3","kind":"customer.dissatisfied","at":"2026-03-02T10:30:00+08:00","station":"ST-LN-04","case_id":"C-1","level":1,"reporter":"ln04-e1"}
{"id":"c4","kind":"charge.refunded","at":"2026-03-02T11:00:00+08:00","station":"ST-LN-04","case_id":"C-1","amount":120,"reporter":"ln04-e1"}
EOF_COST
"$yinuo" case review C-1 "$dir/cost.jsonl" --policy packs/service-network \
    --until 2026-03-02T11:30:00+08:00 --output json >"$dir/cost.txt" ||
    fail "review ended with $?"
grep -q '"goods":120' "$dir/cost.txt" || fail "120 were paid back"
grep -q '"at_first_signal":150' "$dir/cost.txt" || fail "0.25 + 2 + 0.25 hours at 60"
grep -q '"total":270' "$dir/cost.txt" || fail "and 120"

# a file of which every line is refused is bad data, told behind the summary;
# one good line among them makes it a run with a count
cat >"$dir/bad.jsonl" <<'EOF_BAD'
{"id":"e1","kind":"case.opened","station":"ST-LN-04","case_id":"B-1"}
{"id":"e2","kind":"case.opened","at":"yesterday","case_id":"B-2"}
nonsense
EOF_BAD
cat "$dir/bad.jsonl" "$dir/kept.jsonl" >"$dir/some.jsonl"
: >"$dir/none.jsonl"
ends() {
    wanted=$1 code=0
    shift
    "$yinuo" "$@" --policy packs/service-network --until 2026-03-03T09:00:00+08:00 \
        >"$dir/said.txt" 2>"$dir/why.txt" || code=$?
    [ $code = "$wanted" ] || fail "$1 ended with $code instead of $wanted"
}
for what in simulate 'report times' audit \
    'simulate --against packs/service-network'; do
    ends 7 $what "$dir/bad.jsonl"
    [ "$(tail -1 "$dir/why.txt")" = 'yinuo: 3 events, and every one was refused' ] ||
        fail "$what does not say why"
    [ "$(grep -c 'bad.jsonl:1: at: is needed' "$dir/why.txt")" = 1 ] ||
        fail "$what does not tell each line once"
    [ -s "$dir/said.txt" ] || fail "$what has no summary"
    ends 0 $what "$dir/some.jsonl"
    ends 0 $what "$dir/none.jsonl"
done
ends 7 simulate --output json "$dir/bad.jsonl"
grep -q '"events":3,"rejected":3,' "$dir/said.txt" || fail "not counted"

# a place that there is not has no report; one where nothing happened has
for what in '--station NOPE' '--station ST-LN-4' '--region NOPE'; do
    code=0
    "$yinuo" report times $what --policy packs/service-network "$dir/kept.jsonl" \
        >"$dir/said.txt" 2>"$dir/why.txt" || code=$?
    [ $code = 3 ] || fail "$what ended with $code"
    grep -q "there is no .* ${what#* }$" "$dir/why.txt" || fail "$what is silent"
    [ ! -s "$dir/said.txt" ] || fail "$what has tables"
done
for what in '--station ST-LN-04' '--station ST-YX-01' '--region R-1'; do
    "$yinuo" report times $what --policy packs/service-network "$dir/kept.jsonl" \
        >"$dir/said.txt" 2>"$dir/why.txt" || fail "$what ended with $?"
done
grep '"A-1"' "$dir/kept.jsonl" | sed 's/ST-LN-04/NOPE/' >"$dir/unlisted.jsonl"
"$yinuo" report times --station NOPE --policy packs/service-network \
    "$dir/unlisted.jsonl" >"$dir/said.txt" || fail "NOPE has a case there"

# what a pack is warned of, and what is wrong with it, is said once
cp -r packs/service-network "$dir/warned"
sed -i 's/^clocks:$/&\n\n  idle_watch:\n    satisfied_by: [ended]\n    steps: {all: [{after: 1h, page: [owner]}]}/' \
    "$dir/warned/policy.yaml"
for what in simulate 'report times' audit 'case review A-1'; do
    "$yinuo" $what "$dir/kept.jsonl" --policy "$dir/warned" \
        --until 2026-03-03T09:00:00+08:00 >"$dir/said.txt" 2>"$dir/why.txt" ||
        fail "$what ended with $?"
    [ "$(grep -c 'nothing arms the clock' "$dir/why.txt")" = 1 ] ||
        fail "$what does not warn once"
    code=0
    "$yinuo" $what "$dir/kept.jsonl" --policy "$dir/nowhere" \
        >"$dir/said.txt" 2>"$dir/why.txt" || code=$?
    [ $code = 3 ] || fail "$what without a pack ended with $code"
    [ "$(wc -l <"$dir/why.txt")" = 2 ] || fail "$what says it more than once"
done

code=0
"$yinuo" report weather "$dir/kept.jsonl" 2>"$dir/why.txt" || code=$?
[ $code = 2 ] || fail "an unknown report ended with $code"
code=0
"$yinuo" case list --output csv 2>"$dir/why.txt" || code=$?
[ $code = 2 ] || fail "a list as CSV ended with $code"
