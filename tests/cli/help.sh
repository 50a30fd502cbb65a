#!/bin/sh
# The help of every command is as it was looked at last (tests/cli/help.txt),
# and no line of it is wider than 80 columns. "update" as first argument keeps
# what is printed now.
set -eu
export COLUMNS=80 LC_ALL=C.UTF-8 LANGUAGE=en
unset YINUO_PERSON YINUO_HOME
golden=tests/cli/help.txt
now=$(mktemp)
trap 'rm -f "$now"' EXIT

{
    "$YINUO_BIN/yinuo" --help
    "$YINUO_BIN/yinuo" --help | sed -n 's/^  \([a-z][a-z -]*[a-z]\)  .*/\1/p' |
        while read -r command; do
            echo
            echo "=== yinuo $command --help"
            # shellcheck disable=SC2086
            "$YINUO_BIN/yinuo" $command --help
        done
} >"$now"

if [ "${1:-}" = update ]; then
    cp "$now" "$golden"
fi
if awk 'length($0) > 80 { print FILENAME ":" FNR ": wider than 80: " $0
        bad = 1 } END { exit !bad }' "$now"; then
    exit 1
fi
diff -u "$golden" "$now"
