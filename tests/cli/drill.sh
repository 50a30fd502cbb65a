#!/bin/sh
# A drill of two stories, jumping: each line where it belongs, the router killed
# in between, the summary as the last line; and no drill in a home that is one.
set -eu
export LC_ALL=C.UTF-8 LANGUAGE=en NO_COLOR=1
unset YINUO_HOME YINUO_PERSON COLUMNS
dir=$(mktemp -d /tmp/yinuo-drill-XXXXXX)
trap 'rm -rf "$dir"' EXIT
said=$dir/said

fail() {
    echo "drill: $*" >&2
    cat "$said" "$dir"/home/up.log >&2 || :
    exit 1
}

drill() {
    "$YINUO_BIN/yinuo" drill --home "$dir/home" --speed 0 \
        --policy packs/service-network --day 2016-03-01 --kill-router-at 720 \
        tests/scenarios/promise-18.yaml tests/scenarios/night-s2.yaml \
        >"$said" 2>&1 </dev/null
}

shows() {
    grep -qF -- "$1" "$said" || fail "nowhere: $1"
}

drill || fail "ended with $?"
shows '18:00:00  PROMISE-18 → found by the system itself: promise missed P1'
shows '                     → S3 ln03-deputy, station head · PR-02 promise missed'
shows ' router killed with -9 '
shows 'nothing is missing'
shows '23:10:00  NIGHT-S2   → S2 ro5-deputy, station head · TM-ACK due: acknowledgement'
shows '00:00:00  NIGHT-S2   → S2 ro5-head, station head · TM-FIRST due: first contact'
shows '23:30:00     ro5-spm     regional rep   TM-ACK due: acknowledgement'
shows 'in reality: product leader, 03-03 10:00: heard on the morning'
shows '$ yinuo case why NIGHT-S2 --page '
tail -n 1 "$said" | grep -q '^drill: [0-9]* events, ' || fail "no summary at the end"

if drill; then
    fail "a second drill in the same home"
fi
shows 'a drill wants a home of its own'
