#!/bin/sh
# In a drill "today", "+2h" and "for an hour" count from the ledger's clock; who
# is on duty is told of every station, and a station that is none is not made up.
set -eu
yinuo=$YINUO_BIN/yinuo
for program in broker router tier; do
    [ -x "$YINUO_BIN/yinuo-$program" ] || exit 77
done
home=$(mktemp -d /tmp/yinuo-clock-XXXXXX)
export YINUO_HOME="$home" XDG_CACHE_HOME="$home/cache" \
    XDG_CONFIG_HOME="$home/config" YINUO_PERSON=ln04-head LANG=C TZ=UTC
unset LANGUAGE
up=
trap '[ -z "$up" ] || { kill "$up" && wait "$up" || :; }; rm -rf "$home"' EXIT

fail() {
    echo "drill_clock: $*" >&2
    cat "$home/up.txt" >&2 || :
    exit 1
}

# exits CODE ARGUMENTS...: what it says is in $home/said
exits() {
    wanted=$1
    shift
    code=0
    "$yinuo" "$@" >"$home/said" 2>&1 || code=$?
    [ $code = "$wanted" ] || fail "yinuo $*: $code instead of $wanted: $(cat "$home/said")"
}

says() {
    grep -q -- "$1" "$home/said" || fail "not said: $1: $(cat "$home/said")"
}

"$yinuo" up --policy packs/service-network \
    --drill-clock 2016-03-02T01:00:00Z >"$home/up.txt" 2>&1 &
up=$!
tries=0
until grep -q '^ready' "$home/up.txt"; do
    tries=$((tries + 1))
    [ $tries -lt 150 ] || fail "not ready"
    sleep 0.1
done

# a short name cannot be known where nobody answers: that is what is said
exits 5 --home "$home/none" record warn D1 loud
says 'not recorded'
exits 5 --home "$home/none" case export D1 --for customer
exits 2 record no.such.kind D1

exits 0 record case.opened D1 station=ST-LN-04 channel=counter owner=ln04-e1
exits 0 promise make D1 --due 'tomorrow 10:00' --accepted
exits 0 promise list --due today
says 'No such promises'
exits 0 promise list --due tomorrow
says ' D1 '
exits 0 case list --due +1min
says 'No such cases'
exits 0 mute add station=ST-LN-04 --for 1h --reason painting
says 'until 02:00'
exits 0 on-call override ST-LN-04 station_head ln04-e2 --for 2h --reason ill
exits 1 on-call override ST-LN-04 acknowledger ln04-e2 --for 2h --reason ill
exits 0 audit --what roster --since today
says 'ST-LN-04.*ln04-e2 is station head from 01:00 until 03:00.*ill'

# more rows than a page of them: the last station is there
exits 0 on-call
says '^ST-YX-01  crisis center'
exits 3 on-call show ST-LN-4
says 'there is no station ST-LN-4'
says 'Did you mean "ST-LN-04"?'
exits 3 on-call card NOPE
exits 3 on-call gaps NOPE
exits 3 on-call export --region R1
says 'Did you mean "R-1"?'

exits 2 policy check --only ivrs packs/service-network
says '--only: never, spans'
exits 0 policy check --only ivr packs/service-network

# what is published happens when the drill's clock says, and counts from there
exits 0 publish --identity ST-LN-04 case.opened case_id=D2 station=ST-LN-04 owner=ln04-e2
exits 0 publish --identity ST-LN-04 promise.made case_id=D2 station=ST-LN-04 \
    promise_id=P what=call due=+2h accepted=yes
exits 0 case timeline D2
says '^01:00 .*case opened'
exits 0 promise list --due today --station ST-LN-04
says '^03:00 (in 2 h) *D2 '
printf '{"kind":"case.opened","case_id":"D3","station":"ST-LN-04"}\n' \
    >"$home/one.jsonl"
exits 0 publish --identity ST-LN-04 --file "$home/one.jsonl"
exits 0 case show D3
says 'opened *01:00 (now)'

# a word that nothing bears is no empty answer
exits 3 watch --station ST-LN-4
says 'Did you mean "ST-LN-04"?'
exits 0 watch --station ST-LN-04 --no-follow
exits 3 watch --kind case.opend
says 'there is no kind case.opend'
says 'Did you mean "case.opened"?'
exits 0 watch --kind case.opened --from 0 --no-follow
says ' D1 '
exits 3 watch --kind lift.stuck
exits 0 watch --kind lift.stuck --any --no-follow
exits 3 report times --station NOPE
says 'there is no station NOPE'
exits 3 report times --region R1
says 'Did you mean "R-1"?'
exits 0 report times --station ST-LN-04 --region R-1
exits 0 report times --station ST-YX-01 # nothing has happened there

# what a pack is warned of is said once
cp -r packs/service-network "$home/warned"
sed -i 's/^clocks:$/&\n\n  idle_watch:\n    satisfied_by: [ended]\n    steps: {all: [{after: 1h, page: [owner]}]}/' \
    "$home/warned/policy.yaml"
sed -i "s/^own_kinds: \[/&lift.stuck, /" "$home/warned/policy.yaml"
exits 0 policy load "$home/warned"
[ "$(grep -c 'nothing arms the clock' "$home/said")" = 1 ] ||
    fail "not said once: $(cat "$home/said")"
# the kinds of the pack in force are known at once
exits 3 watch --kind lift.stuc
says 'Did you mean "lift.stuck"?'
exits 0 watch --kind lift.stuck --no-follow
exits 0 policy load packs/service-network

# a storm: more pages than one answer holds
i=0
while [ $i -lt 230 ]; do
    i=$((i + 1))
    echo "{\"kind\":\"case.opened\",\"case\":\"W$i\",\"station\":\"ST-LN-05\"," \
        "\"at\":\"2016-03-02T01:00:00Z\",\"reporter\":\"ln05-e3\",\"customer\":\"c$i\"}"
done >"$home/storm.jsonl"
exits 0 publish --identity ST-LN-05 --file "$home/storm.jsonl"
tries=0
until [ "$("$yinuo" --as ln05-e3 --output json | grep -o '"page_id"' | wc -l)" = 230 ]; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || fail "not all pages are in the inbox"
    sleep 0.1
done
exits 0 --as ln05-e3 ack --all --yes
exits 0 --as ln05-e3 ack --all --yes
[ "$("$yinuo" --as ln05-e3 --output json | grep -o '"page_id"' | wc -l)" = 0 ] ||
    fail "pages are left"

# a flood, and the one page that cannot wait lies far behind in it
i=0
while [ $i -lt 3000 ]; do
    i=$((i + 1))
    severity=S2
    [ $i -ne 600 ] || severity=S1
    echo "{\"kind\":\"case.opened\",\"case_id\":\"F$i\",\"station\":\"ST-LN-05\"," \
        "\"at\":\"2016-03-02T01:00:00Z\",\"reporter\":\"ln05-e3\",\"severity\":\"$severity\"}"
done >"$home/flood.jsonl"
exits 0 publish --identity ST-LN-05 --file "$home/flood.jsonl"
tries=0
until "$yinuo" --as ln05-head --output json >"$home/said" &&
    [ "$(grep -o '"page_id"' "$home/said" | wc -l)" -ge 3000 ]; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || fail "not all pages are in the inbox"
    sleep 0.1
done
exits 0 --as ln05-head inbox
sed -n 2p "$home/said" | grep -q '^S1  F600 ' ||
    fail "the crisis is not on top: $(sed -n 2p "$home/said")"
