#!/bin/sh
# tools/packages says nothing where all is installed, and names what is missing
# to one who may not install it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tools=$(pwd)/tools/packages

# everything installed
printf '#!/bin/sh\necho installed\n' >"$work/dpkg-query"
chmod +x "$work/dpkg-query"
said=$(PATH="$work:$PATH" "$tools" ci 2>&1)
[ -z "$said" ] || { echo "not silent: $said"; exit 1; }

# libzmq3-dev missing, not root, no sudo
cat >"$work/dpkg-query" <<'Q'
#!/bin/sh
case "$*" in *libzmq3-dev) exit 1 ;; esac
echo installed
Q
printf '#!/bin/sh\necho 1000\n' >"$work/id"
chmod +x "$work/id"
ln -s "$(command -v env)" "$(command -v sh)" "$work/"
if said=$(PATH="$work" sh "$tools" build 2>&1); then
    echo "did not fail: $said"
    exit 1
fi
case "$said" in
*"apt-get install libzmq3-dev"*) ;;
*) echo "does not say what to do: $said"; exit 1 ;;
esac
