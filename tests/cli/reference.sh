#!/bin/sh
# The manual page and docs/cli.md say what the table of commands says, and all
# help fits 80 columns. With "update" as first argument the files are made.
set -eu
reference=$YINUO_BUILD/tests/cli_reference
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
begin='<!-- commands: made by tests/cli/reference.c -->'
end='<!-- end of commands -->'

"$reference" man >"$dir/yinuo.1"
"$reference" docs >"$dir/tables"
awk -v begin="$begin" -v end="$end" -v tables="$dir/tables" '
    $0 == end { inside = 0 }
    !inside { print }
    $0 == begin { inside = 1; print ""
                  while ((getline line < tables) > 0) print line }
' docs/cli.md >"$dir/cli.md"

if [ "${1:-}" = update ]; then
    mkdir -p man
    cp "$dir/yinuo.1" man/yinuo.1
    cp "$dir/cli.md" docs/cli.md
fi
diff -u man/yinuo.1 "$dir/yinuo.1"
diff -u docs/cli.md "$dir/cli.md"
