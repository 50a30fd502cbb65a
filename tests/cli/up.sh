#!/bin/sh
# yinuo up, for real: the programs of one machine start, answer, come back when
# killed, are refused twice on one home, lose nothing, and stop in order.
set -eu
yinuo=$YINUO_BIN/yinuo
for program in broker router tier; do
    [ -x "$YINUO_BIN/yinuo-$program" ] || exit 77
done
home=$(mktemp -d /tmp/yinuo-up-XXXXXX)
export YINUO_HOME="$home" XDG_CACHE_HOME="$home/cache" \
    XDG_CONFIG_HOME="$home/config" YINUO_PERSON=ln04-head LANG=C
unset LANGUAGE
up=
trap '[ -z "$up" ] || kill -KILL "$up" 2>/dev/null || :; rm -rf "$home"' EXIT

fail() {
    echo "up: $*" >&2
    cat "$home/up.txt" "$home"/log/*.log >&2 || :
    exit 1
}

# until COMMAND...: tries for ten seconds
until_true() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || fail "never true: $*"
        sleep 0.1
    done
}

"$yinuo" up --policy packs/service-network --keep-records 100000 \
    >"$home/up.txt" 2>&1 &
up=$!
until_true grep -q '^ready' "$home/up.txt"
[ "$(ls "$home"/run/*.pid | wc -l)" = 6 ] || fail "six pid files expected"
tr '\0' ' ' <"/proc/$(cat "$home/run/router.pid")/cmdline" |
    grep -q -- '--keep-records 100000' || fail "--keep-records is not passed on"

code=0
"$yinuo" up >"$home/second.txt" 2>&1 || code=$?
[ $code = 1 ] || fail "a second up ended with $code"
grep -q "this home is up already" "$home/second.txt" || fail "said nothing"

"$yinuo" record case.opened LN-4 station=ST-LN-04 class=fault channel=phone \
    owner=ln04-e1 >/dev/null || fail "no case"
"$yinuo" record media.requested LN-4 outlet=CCTV >/dev/null || fail "no event"
"$yinuo" record warn LN-4 "he will not wait" >/dev/null ||
    fail "no short name of the pack"
"$yinuo" case timeline LN-4 | grep -q 'customer dissatisfied (level 2' ||
    fail "warn is a dissatisfied customer of level 2"
"$yinuo" case why-not LN-4 ln04-e1 | grep -q 'nobody is his own supervisor' ||
    fail "why not the owner"
"$yinuo" case why-not LN-4 nobody.here | grep -q 'not on duty for ST-LN-04' ||
    fail "why not somebody who is not on duty"
"$yinuo" case why-not LN-4 r1-rep --output json | grep -q '"person":"r1-rep"' ||
    fail "why not as JSON"
"$yinuo" case why LN-4 --full | grep -q '^  inputs .*media.requested' ||
    fail "why without its inputs"
code=0
"$yinuo" case why LN-4 --page p99.9 >/dev/null 2>&1 || code=$?
[ $code = 3 ] || fail "why of a page that is none ended with $code"
"$yinuo" record --help | grep -q '^op-surprise' || fail "help without aliases"
"$yinuo" policy show damage | grep -q '^ *V7.0' || fail "no card of the pack"
"$yinuo" case export LN-4 --for customer | grep -q 'media request' ||
    fail "no case file of the running system"
"$yinuo" report times | grep -q '^first contact' || fail "no report"
"$yinuo" audit --what policy | grep -q 'is in force' || fail "no audit"
# what a key offers while it runs, quickly: names of the pack and of the ledger
# offers LINE WORD: WORD is among the words that may end the line
offers() {
    "$yinuo" completion words -- "$1" | grep -qx -- "$2" ||
        fail "\"$1\" does not offer $2: $("$yinuo" completion words -- "$1")"
}
offers 'yinuo record war' warn
offers 'yinuo record warn ' LN-4
offers 'yinuo record warn LN-4 lev' level=
offers 'yinuo case show L' LN-4
offers "yinuo --as nobody --home $home case show L" LN-4
offers 'yinuo assign LN-4 ln04-' ln04-deputy
offers 'yinuo escalate LN-4 --to cri' crisis_center
offers 'yinuo on-call override @R-' @R-1
offers 'yinuo policy show dam' damage
offers 'yinuo subject show as' asset
offers 'yinuo case list --station=ST-LN-04' --station=ST-LN-04
[ -z "$("$yinuo" completion words -- "yinuo --home $home/x case show L" 2>&1)" ] ||
    fail "completion is not silent where nothing runs"
until_true grep -q 'LN-4' "$home/pages/crisis_center.log"
"$yinuo" ack LN-4 | grep -q 'acknowledged for station head' || fail "no ack"
code=0
"$yinuo" ack LN-4 --as ln04-deputy >/dev/null 2>"$home/lost.txt" || code=$?
[ $code = 4 ] || fail "the second one ended with $code"
grep -q ln04-head "$home/lost.txt" || fail "the winner is not named"

# what is due, and who was told without anything for the customer
"$yinuo" promise make LN-4 --due today --accepted call back >/dev/null ||
    fail "no promise"
"$yinuo" promise make LN-4 --due '+3d' --id later >/dev/null || fail "no promise"
"$yinuo" promise list --due today --station ST-LN-04 | grep -q ' LN-4 .* P1 ' ||
    fail "the day's list has not what is due today"
! "$yinuo" promise list --due today | grep -q later ||
    fail "the day's list has what is due in three days"
"$yinuo" promise list --output json | grep -q '"promise_id":"later","state":"open"' ||
    fail "promises as JSON"
"$yinuo" case list | grep -q 'IDLE SINCE' || fail "nobody is idle"
"$yinuo" case list --idle-for 1s --output json >"$home/idle.txt" || fail "idle"
"$yinuo" case list --idle-for 3h 2>&1 | grep -q 'No such cases' ||
    fail "idle for three hours, at once"
COLUMNS=80 "$yinuo" case list --lang zh_CN | head -n 1 | grep -q 静 ||
    fail "idle is not said in Chinese"

# into a pipe that is closed, onto a full disk, and for programs: each failure is
# an exit code, a sentence and with --output json a document
timeout 20 "$yinuo" watch --from 0 | head -n 1 | grep -q . ||
    fail "watch does not end with its reader"
# fails CODE COMMAND...
fails() {
    wanted=$1
    shift
    code=0
    "$yinuo" "$@" --output json >"$home/failed.json" 2>"$home/failed.txt" || code=$?
    [ $code = "$wanted" ] || fail "$* ended with $code, not $wanted"
    [ -s "$home/failed.txt" ] || fail "$* said nothing"
    /usr/bin/python3 -c 'import json, sys
said = json.load(open(sys.argv[1]))
assert said["error"] and said["exit"] == int(sys.argv[2]), said' \
        "$home/failed.json" "$wanted" || fail "$* is no document"
}
fails 3 case show NOPE
fails 3 note NOPE hello
fails 3 promise kept LN-4 P99
fails 3 roster import "$home/none.csv"
fails 2 case show ''
fails 2 severity LN-4 S9 --reason x
fails 2 record no.such.kind LN-4
code=0
"$yinuo" case list >/dev/full 2>"$home/failed.txt" || code=$?
[ $code = 1 ] || fail "onto a full disk: $code"
grep -q 'could not be written' "$home/failed.txt" || fail "a full disk: said nothing"

# from where no ledger lies: the router tells the names, once, without persons
away() {
    XDG_CACHE_HOME=$home/away YINUO_HOME=$home/none \
        "$yinuo" --connect "ipc://$home/run/front" "$@"
}
away record warn LN-4 "he waits" >/dev/null ||
    fail "no short name of the pack from elsewhere"
away record --aliases | grep -q '^op-surprise' || fail "aliases from elsewhere"
away case show LN-4 --lang zh_CN | grep -q '^失联' || fail "clocks from elsewhere"
away report times | grep -q '^first contact' || fail "a report from elsewhere"
away policy show damage | grep -q '^ *V7.0' || fail "a card from elsewhere"
[ "$(away case why LN-4 --full)" = "$("$yinuo" case why LN-4 --full)" ] ||
    fail "why is told otherwise from elsewhere"
away completion words -- \
    "yinuo --connect ipc://$home/run/front record war" | grep -qx warn ||
    fail "completion from elsewhere"
# shellcheck disable=SC2144
[ -f "$home"/away/yinuo/rules-*.blob ] || fail "the names were not kept"
! grep -q 'directory.yaml' "$home"/away/yinuo/rules-*.blob ||
    fail "persons were sent along"

# a watcher sees all of it once, through two kills
"$yinuo" watch --from 0 --output json >"$home/watch.txt" 2>/dev/null &
watch=$!
for program in router broker; do
    old=$(cat "$home/run/$program.pid")
    kill -KILL "$old"
    "$yinuo" note LN-4 "after the $program was killed" >/dev/null ||
        fail "not recorded after the $program was killed"
    until_true grep -q "^$program: started again" "$home/up.txt"
done
last=$("$yinuo" journal stats --output json |
    sed 's/.*"last":\([0-9]*\).*/\1/')
until_true grep -q "\"cursor\":\"p0-$last\"" "$home/watch.txt"
kill -INT $watch
wait $watch || :
sed -n 's/.*"cursor":"p0-\([0-9]*\)".*/\1/p' "$home/watch.txt" |
    head -n "$last" | awk '$1 != NR { exit 1 }' || fail "the stream has a hole"

"$yinuo" simulate --journal "$home/ledger" --against packs/service-network \
    --answer after:2m --output json >"$home/against.txt" ||
    fail "the journal against the same pack"
grep -q '"cases":1,"cases_changed":0' "$home/against.txt" || {
    cat "$home/against.txt"
    fail "the journal against the same pack changes something"
}
"$yinuo" journal verify --rebuild || fail "the journal does not verify"

kill -INT "$up"
wait "$up" || fail "up did not end well"
up=
code=0
"$yinuo" up --home "$home/other" --policy "$home/none" >"$home/bad.txt" 2>&1 ||
    code=$?
[ $code = 3 ] || fail "up with no pack ended with $code"
grep -q "no pack at $home/none" "$home/bad.txt" || fail "no pack: said nothing"
grep -q '^stopped' "$home/up.txt" || fail "up did not say that it stopped"
[ -z "$(ls "$home"/run/*.pid 2>/dev/null)" ] || fail "a pid file is left"
code=0
"$yinuo" status >/dev/null 2>&1 || code=$?
[ $code = 5 ] || fail "status ended with $code when nothing runs"

# what cannot be kept either is not called kept
: >"$home/file"
code=0
"$yinuo" note LN-4 hello --queue --home "$home/file" >/dev/null \
    2>"$home/failed.txt" || code=$?
[ $code = 5 ] || fail "not kept ended with $code"
grep -q 'not kept either' "$home/failed.txt" || fail "not kept: said nothing"

# a ledger without its journal: said once, not tried for ever
rm -r "$home/ledger/journal"
code=0
"$yinuo" up >"$home/final.txt" 2>&1 || code=$?
[ $code = 7 ] || { cat "$home/final.txt" >&2; fail "up with a damaged ledger ended with $code"; }
grep -q "journal verify" "$home/final.txt" || fail "the way out is not named"
! grep -q "started again" "$home/final.txt" || fail "it was tried again"
grep -q '^stopped' "$home/final.txt" || fail "the others were not stopped"
