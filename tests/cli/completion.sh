#!/bin/sh
# The shells themselves complete what yinuo knows: bash by its variables and at
# a terminal, zsh and fish where they are installed. Nothing runs here; what a
# running system adds is in up.sh.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export PATH="$YINUO_BIN:$PATH" HOME="$dir" YINUO_HOME="$dir/none" LC_ALL=C.UTF-8
unset XDG_CACHE_HOME XDG_CONFIG_HOME YINUO_PERSON LANGUAGE
mkdir "$dir/here" "$dir/here/packs"
: >"$dir/here/story.yaml"
cd "$dir/here"

fail() {
    echo "completion: $*" >&2
    exit 1
}

yinuo completion bash >"$dir/yinuo.bash"
cat >"$dir/asked.bash" <<'END'
# LINE WORD...: what bash offers when the words are those that it cuts the line
# into, and the last one is being typed.
source "$1"
shift
COMP_LINE=$1
COMP_POINT=${#1}
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
last=${COMP_WORDS[COMP_CWORD]}
case $last in
[=:]) last= ;;
esac
_yinuo yinuo "$last" "${COMP_WORDS[COMP_CWORD - 1]}"
echo "${COMPREPLY[*]}"
END

# offers WANTED LINE WORD...
offers() {
    wanted=$1
    shift
    got=$(bash --norc "$dir/asked.bash" "$dir/yinuo.bash" "$@" 2>"$dir/err")
    [ "$got" = "$wanted" ] || fail "\"$1\": \"$got\", not \"$wanted\""
    [ ! -s "$dir/err" ] || fail "\"$1\" says $(cat "$dir/err")"
}

offers 'policy' 'yinuo pol' yinuo pol
offers 'add done take list' 'yinuo task ' yinuo task ''
offers '--unacked' 'yinuo case list --un' yinuo case list --un
offers 'resolved' 'yinuo case list --state re' yinuo case list --state re
offers 'resolved' 'yinuo case list --state=re' yinuo case list --state = re
offers 'auto always never' 'yinuo --color=' yinuo --color =
offers 'yes no' 'yinuo record media.requested X camera=' \
    yinuo record media.requested X camera =
offers 'packs' 'yinuo policy check pa' yinuo policy check pa
offers 'story.yaml' 'yinuo simulate st' yinuo simulate st
offers '' 'yinuo case show LN' yinuo case show LN
offers '' 'yinuo nothing of this' yinuo nothing of this
offers 'media.requested' 'yinuo record media.req' yinuo record media.req
got=$(yinuo completion words -- 'yinuo record media.req')
[ "$got" = media.requested ] || fail "words: $got"
yinuo completion words --output json -- 'yinuo case li' |
    grep -q '^\[{"word":"list"' || fail "words as JSON"
yinuo help case why-not --output json |
    grep -q '^\[{"command":"case why-not"' || fail "help as JSON"
code=0
yinuo completion tcsh >/dev/null 2>"$dir/err" || code=$?
[ $code = 2 ] || fail "a shell that is not known ended with $code"

# at a terminal, by the key
cat >"$dir/typed.py" <<'END'
import os, pty, select, sys, time
shell, setting_up, typed, wanted = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(PS1='ready> ', TERM='vt100', INPUTRC='/dev/null')
    os.execvp('timeout', ['timeout', '60'] + shell.split())
seen = ''
def until(text):
    global seen
    end = time.monotonic() + 20
    while text not in seen:
        left = end - time.monotonic()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            sys.exit('never seen: %r in %r' % (text, seen))
        seen += os.read(fd, 4096).decode(errors='replace')
    seen = seen[seen.index(text) + len(text):]
until('ready> ')
os.write(fd, (setting_up + '\n').encode())
until('ready> ')
os.write(fd, typed.encode())
until(wanted)
os.close(fd)
os.waitpid(pid, 0)
END
# types SHELL SETTING-UP TYPED WANTED
types() {
    /usr/bin/python3 "$dir/typed.py" "$1" "$2" "$(printf '%b' "$3")" "$4" ||
        fail "$1, by its key: $3"
}
bash='bash --norc --noprofile -i'
types "$bash" "source $dir/yinuo.bash" 'yinuo esc\t' 'yinuo escalate '
types "$bash" "source $dir/yinuo.bash" 'yinuo case list --state=res\t' \
    '--state=resolved '
types "$bash" "source $dir/yinuo.bash" \
    'yinuo record media.requested X cam\tye\t' 'camera=yes '

yinuo completion zsh >"$dir/_yinuo"
if command -v zsh >/dev/null; then
    zsh -n "$dir/_yinuo" || fail "zsh does not read it"
    setting_up="autoload -U compinit; compinit -u -d $dir/dump"
    setting_up="$setting_up; source $dir/_yinuo"
    types 'zsh -f -i' "$setting_up" 'yinuo esc\t' escalate
    types 'zsh -f -i' "$setting_up" 'yinuo case list --state=res\t' \
        resolved
fi
yinuo completion fish >"$dir/yinuo.fish"
if command -v fish >/dev/null; then
    got=$(fish --no-config -c "source $dir/yinuo.fish
        complete -C 'yinuo case wh'" | cut -f 1 | tr '\n' ' ')
    [ "$got" = 'why why-not ' ] || fail "fish: $got"
    got=$(fish --no-config -c "source $dir/yinuo.fish
        complete -C 'yinuo case list --state=re'" | cut -f 1)
    [ "$got" = '--state=resolved' ] || fail "fish: $got"
fi
