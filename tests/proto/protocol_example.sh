#!/usr/bin/env bash
# The client of docs/protocol.md, run as it stands there against a broker
# without a router: welcomed, and told that nobody keeps the partition.
set -eu
python=$(command -v /usr/bin/python3 || command -v python3) || exit 77
"$python" -c 'import zmq' 2>/dev/null || { echo "SKIPPED: pyzmq is not here"; exit 77; }
[ -x "$YINUO_BIN/yinuo-broker" ] || { echo "SKIPPED: yinuo-broker is not built"; exit 77; }

here=$(mktemp -d)
broker=
trap '[ -z "$broker" ] || kill "$broker" 2>/dev/null; wait; rm -rf "$here"' EXIT
sed -n '/^```python$/,/^```$/p' docs/protocol.md | sed '1d;$d' >"$here/client.py"

"$YINUO_BIN/yinuo-broker" --run "$here/run" --log "$here/log" &
broker=$!
for _ in $(seq 100); do [ -S "$here/run/front" ] && break; sleep 0.05; done

out=$("$python" "$here/client.py" "ipc://$here/run/front")
echo "$out"
grep -q '^welcome ' <<<"$out"
grep -Eq '^(busy|error) 2 ' <<<"$out"
