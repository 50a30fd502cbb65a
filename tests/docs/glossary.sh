#!/bin/sh
# One word for each thing, one way each: the glossary against the catalogue and
# the packs' messages, and every clock, list and counter of the service network
# has a word in each language.
set -eu
dir=$(mktemp -d /tmp/yinuo-glossary-XXXXXX)
trap 'rm -rf "$dir"' EXIT
bad=0

msgattrib --no-wrap --translated po/zh_CN.po >"$dir/po"
untranslated=$(msgattrib --untranslated --no-obsolete po/zh_CN.po | grep -c '^msgid' || :)
[ "$untranslated" = 0 ] || {
    echo "glossary: $untranslated sentences are not translated" >&2
    bad=1
}

# English, 中文, and what must not stand for it
while IFS='|' read -r english chinese never; do
    [ -n "$english" ] || continue
    if ! grep -q "$chinese" "$dir/po" packs/service-network/messages/zh_CN.yaml; then
        echo "glossary: $english is not called $chinese anywhere" >&2
        bad=1
    fi
    for word in $never; do
        if grep -n "^msgstr.*$word" "$dir/po" >&2 ||
            grep -n "$word" packs/*/messages/zh_CN.yaml >&2; then
            echo "glossary: $word stands for $chinese ($english)" >&2
            bad=1
        fi
    done
done <<'EOF_WORDS'
no contact|失联|
mute|静默|
crisis center|危机中心|客户关系中心
acknowledge|确认收到|
take|接手|
transfer|转交|
accept|接受转交|
handover|交接|
escalate|升级|
page|呼叫|寻呼
inform|知会|
on call|值班|
owner|首问责任人|
station head|站长|
regional representative|首代|
case|服务案例|
complaint|投诉|
opinion|客户意见|
promise|承诺|诺言
missed|失约|
gate|放行条件|
lock|对外发言锁|
request|请示|
approve|批准|
reject|驳回|
follow-up|回访|
late by|迟了|
bypass|越级投诉|
drill|演练|
severity|一级|
EOF_WORDS

# names SECTION of policy.yaml: its keys; words GROUP LANGUAGE: those that have
# one
names() {
    sed -n "/^$1:/,/^[a-z]/s/^  \([a-z_]*\):.*/\1/p" \
        packs/service-network/policy.yaml | sort
}
words() {
    sed -n "/^$1:/,/^[a-z]/s/^  \([a-z_.]*\): .*/\1/p" \
        "packs/service-network/messages/$2.yaml" | sort
}
for language in en zh_CN; do
    for pair in clocks:clock_words lists:list_words counters:counter_words; do
        names "${pair%:*}" >"$dir/names"
        words "${pair#*:}" $language >"$dir/words"
        comm -23 "$dir/names" "$dir/words" >"$dir/missing"
        [ -s "$dir/names" ] || {
            echo "glossary: no ${pair%:*} found" >&2
            bad=1
        }
        [ ! -s "$dir/missing" ] || {
            echo "glossary: ${pair%:*} without a word in $language:" >&2
            cat "$dir/missing" >&2
            bad=1
        }
    done
done
exit $bad
