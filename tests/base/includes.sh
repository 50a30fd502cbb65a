#!/bin/sh
# An include with ".." would lead around the include trees
# (docs/decisions/0001-include-trees.md).
set -eu
around=$(grep -rnE --include='*.c' --include='*.h' \
    '^[[:space:]]*#[[:space:]]*include[[:space:]]+"([^"]*/)?\.\./' \
    $(for d in base proto engine policy ledger broker workers station cli \
        gateway tests bench; do [ ! -d $d ] || echo $d; done) || true)
[ -z "$around" ] || {
    echo "these lead around the include trees:"
    echo "$around"
    exit 1
}
