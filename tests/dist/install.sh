#!/bin/sh
# An installation is whole: its programs find each other, their language and
# their packs in it, and a stranger's program builds with nothing but pkg-config.
#
#   install.sh CMAKE CC
set -eu
cmake=$1 cc=$2
root=$(mktemp -d /tmp/yinuo-install-XXXXXX)
up=
trap '[ -z "$up" ] || kill -KILL "$up" 2>/dev/null || :; rm -rf "$root"' EXIT
export HOME="$root" YINUO_HOME="$root/home" LANG=C
unset LANGUAGE

fail() {
    echo "install: $*" >&2
    cat "$root"/*.txt >&2 || :
    exit 1
}

until_true() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 150 ] || fail "never true: $*"
        sleep 0.1
    done
}

"$cmake" --install "$YINUO_BUILD" --prefix "$root/made" >"$root/install.txt" ||
    fail "the installation failed"
mv "$root/made" "$root/moved" # no path of the first place is in it
cd "$root/moved"

for file in bin/yinuo bin/yinuo-broker bin/yinuo-router bin/yinuo-tier \
    bin/yinuo-station include/yinuo.h share/man/man1/yinuo.1 \
    share/locale/zh_CN/LC_MESSAGES/yinuo.mo lib/systemd/system/yinuo.service \
    share/yinuo/packs/service-network/policy.yaml \
    share/yinuo/packs/incident-desk/policy.yaml; do
    [ -e "$file" ] || fail "$file is missing"
done

LANGUAGE=zh_CN bin/yinuo --help | grep -q 用法 || fail "speaks no 中文"
bin/yinuo --version | grep -q '^yinuo ' || fail "has no version"

PKG_CONFIG_PATH=$(dirname "$(find . -name yinuo.pc | sed "s|^\.|$root/moved|")")
export PKG_CONFIG_PATH
library=$(pkg-config --variable=libdir yinuo)
"$cc" -Wall -Werror -o "$root/example" "$OLDPWD/station/example.c" \
    $(pkg-config --cflags --libs yinuo) || fail "the example does not compile"

bin/yinuo up >"$root/up.txt" 2>&1 &
up=$!
until_true grep -q '^ready' "$root/up.txt"
LD_LIBRARY_PATH="$library" "$root/example" "$root/outbox" \
    "ipc://$YINUO_HOME/run/front" >"$root/example.txt" ||
    fail "the example failed"
grep -q "it has arrived" "$root/example.txt" || fail "it has not arrived"
kill -INT "$up"
wait "$up" || fail "up did not end well"
up=
