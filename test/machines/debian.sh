#!/usr/bin/env bash
# Shows on a named suite of Debian what a newcomer with that system sees: makes a root file
# system of the suite, puts a fresh clone of this repository's HEAD into it, and runs the lab and
# its tests there. Nothing but Node, npm and certificates is installed before: the lab installs
# what it needs, as it does for everyone.
#
# The last line says what was proven, with versions; the exit status is 0 if all of it held.
# Needs root, debootstrap, git and a network that reaches Debian's archive and npm's registry.
set -euo pipefail

usage() {
    cat >&2 << 'END'
usage: debian.sh [options] SUITE [-- CASE...]
  SUITE            bookworm, trixie, sid, ...
  --folder DIR     where the root file system is made, or is from an earlier time
                   (default /var/tmp/lab-machines)
  --base NAME      a base to run the cases on; may be repeated (default v6.1)
  --source DIR     a git clone with v2.6.30's source, for a network without kernel.org
  --tests WORDS    what `npm test` is given (default nothing: all tests); `none` leaves them out
  CASE             case files (default: a few that freeze, save and restart tasks)
END
    exit 2
}

root=$(cd "$(dirname "$0")/../.." && pwd)
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
folder=/var/tmp/lab-machines suite='' source='' tests=''
bases=() cases=()
while [ $# -gt 0 ]; do
    case $1 in
        --folder | --base | --source | --tests)
            [ $# -ge 2 ] || usage
            case $1 in
                --folder) folder=$2 ;;
                --base) bases+=("$2") ;;
                --source) source=$(realpath "$2") ;;
                --tests) tests=$2 ;;
            esac
            shift 2
            ;;
        --)
            shift
            cases=("$@")
            break
            ;;
        -*) usage ;;
        *)
            [ -z "$suite" ] || usage
            suite=$1
            shift
            ;;
    esac
done
[ -n "$suite" ] || usage
[ ${#bases[@]} -gt 0 ] || bases=(v6.1)
[ ${#cases[@]} -gt 0 ] || cases=(cases/dead.ts cases/no-such-pid.ts cases/not-frozen.ts
    cases/comes-back-memory.ts cases/comes-back-signals.ts)

[ "$(id -u)" -eq 0 ] || { echo 'debian.sh: only root can make and enter a root file system' >&2; exit 3; }
command -v debootstrap > /dev/null || { echo 'debian.sh: install debootstrap' >&2; exit 3; }

# In namespaces of their own: what is mounted and started here is gone when this process is.
if [ "${LAB_MACHINE:-}" != entered ]; then
    again=("$suite" --folder "$folder" --tests "$tests")
    [ -z "$source" ] || again+=(--source "$source")
    for base in "${bases[@]}"; do again+=(--base "$base"); done
    LAB_MACHINE=entered exec unshare --mount --pid --fork --kill-child \
        "$0" "${again[@]}" -- "${cases[@]}"
fi

machine=$folder/$suite
mkdir -p "$folder"
if [ ! -e "$machine/.made" ]; then
    rm -rf --one-file-system "$machine"
    debootstrap --variant=minbase --include=ca-certificates "$suite" "$machine" "$mirror"
    touch "$machine/.made"
fi

mkdir -p "$machine"/{proc,dev,sys,lab,source}
mount -t proc proc "$machine/proc"
mount --rbind /dev "$machine/dev"
mount --rbind --read-only /sys "$machine/sys"
cp -L /etc/resolv.conf "$machine/etc/resolv.conf"
# How apt reaches its archives from here: proxies, and a mirror that stands still.
apt-config dump 2> /dev/null | grep -E '^Acquire::(Check-|https?::)' \
    > "$machine/etc/apt/apt.conf.d/50lab-machine" || true
# A proxy whose certificates are signed by an authority of its own.
authority=''
if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
    cp -L "$NODE_EXTRA_CA_CERTS" "$machine/etc/ssl/lab-machine.pem"
    authority=/etc/ssl/lab-machine.pem
fi
if [ -n "$source" ]; then
    mount --bind "$source" "$machine/source"
    mount -o remount,bind,ro "$machine/source"
fi

inside() { # COMMAND...
    chroot "$machine" /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM=dumb CI=true \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        DEBIAN_FRONTEND=noninteractive NODE_EXTRA_CA_CERTS="$authority" LAB_SOURCE_V2_6_30="${source:+/source}" \
        sh -c 'cd /lab && exec "$@"' sh "$@"
}

# The suite's own Node where it is new enough, else this machine's; npm always this machine's,
# since Debian's brings four hundred packages, compilers among them.
put_node() {
    local modules
    inside apt-get -q update
    inside apt-get -q -y install --no-install-recommends nodejs
    if ! inside node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 12) ? 0 : 1)'; then
        cp -L "$(readlink -f "$(command -v node)")" "$machine/usr/local/bin/node"
    fi
    modules=$(dirname "$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")")
    mkdir -p "$machine/usr/local/lib/node_modules"
    rm -rf "$machine/usr/local/lib/node_modules/npm"
    cp -a "$modules/npm" "$machine/usr/local/lib/node_modules/npm"
    ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$machine/usr/local/bin/npm"
    ln -sf ../lib/node_modules/npm/bin/npx-cli.js "$machine/usr/local/bin/npx"
}
put_node

rm -rf "$machine/lab"
git clone --quiet --no-local "$root" "$machine/lab"

version() { # COMMAND...: the first number with a dot that it prints
    inside "$@" 2>&1 | grep -om1 '[0-9][0-9]*\.[0-9][0-9.]*' | head -n 1 || true
}

proven=() failed=()
try() { # NAME COMMAND...
    local name=$1 started=$SECONDS
    shift
    printf '\n==== %s: %s\n' "$name" "$*"
    if inside "$@"; then
        proven+=("$name in $((SECONDS - started)) s")
    else
        echo "==== $name: exit status $?"
        failed+=("$name")
    fi
}

for base in "${bases[@]}"; do
    try "lab on $base" npm run lab -- --base "$base" "${cases[@]}"
done
# shellcheck disable=SC2086 # several words may be given
[ "$tests" = none ] || try 'npm test' npm test -- $tests

join() {
    local IFS=,
    echo "$*" | sed 's/,/, /g'
}
used=("gcc $(version gcc -dumpfullversion)" "binutils $(version ld --version)"
    "make $(version make --version)" "perl $(version perl -e 'printf "%vd", $^V')"
    "bison $(version bison --version)" "musl $(version dpkg-query -W -f '${Version}' musl)"
    "QEMU $(version qemu-system-x86_64 --version)" "Node $(version node --version)")
printf '\n'
[ ${#failed[@]} -eq 0 ] || echo "Debian $suite: not proven: $(join "${failed[@]}")"
echo "Debian $suite: ${#proven[@]} proven, ${#failed[@]} failed: $(join "${proven[@]}") with $(join "${used[@]}")"
[ ${#failed[@]} -eq 0 ]
