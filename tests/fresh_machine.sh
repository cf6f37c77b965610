#!/usr/bin/env bash
# Tries the README on a machine that has nothing: `make run`, `make up` and `make test` in a bare Debian 12 with
# Python, pip and make, for root in /root, for an ordinary user, and in a folder whose name has spaces. What is tried is the last commit.
#
#     tests/fresh_machine.sh [PYTEST ARGUMENTS]
#
# SITUATIONS="root user spaces" names those to try. Needs root, debootstrap and git; needs 1.5 GB of disk for each.
set -euo pipefail
cd "$(dirname "$0")/.."
situations=${SITUATIONS:-root user spaces}

root=$(mktemp --directory "${TMPDIR:-/var/tmp}/tolok-fresh-XXXXXX")
trap 'rm --recursive --force --one-file-system "$root"' EXIT

# The way to the package registries is the caller's: names, certificates, configuration.
lend_network() {
  local file name
  for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/uv/uv.toml /etc/ssl/certs/ca-certificates.crt \
    "${SSL_CERT_FILE:-}" "${PIP_CERT:-}"; do
    [ ! -f "$file" ] || install -D --mode=644 "$file" "$root$file"
  done
  settings=()
  for name in $(compgen -e); do
    case $name in
      UV_* | PIP_INDEX_URL | PIP_EXTRA_INDEX_URL | PIP_TRUSTED_HOST | PIP_CERT | PIP_PROXY | SSL_CERT_* | *_proxy | *_PROXY)
        settings+=("$name=${!name}")
        ;;
    esac
  done
}

# USER COMMAND...: runs in the root with nothing of the caller's environment. Mounts and processes are in namespaces of
# their own: they end with the command, and nothing is ever mounted where the root is removed.
inside() {
  local user=$1
  shift
  # shellcheck disable=SC2016
  unshare --mount --pid --fork --kill-child bash -c '
    set -e
    mount -t proc proc "$0/proc"
    mount --rbind /dev "$0/dev"
    exec chroot --userspec="$1" "$0" env --ignore-environment "${@:2}"' \
    "$root" "$user:$user" PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME="$(home_of "$user")" \
    "${settings[@]}" "$@"
}

home_of() { [ "$1" = root ] && echo /root || echo "/home/$1"; }

# USER FOLDER [PYTEST ARGUMENTS]: gives the code of the first command that fails.
try() {
  local user=$1 folder=$2 command started
  shift 2
  git clone --quiet --no-hardlinks . "$root$folder"
  chroot "$root" chown --recursive "$user:$user" "$folder"
  # The processes of one call end with it, so that a service goes up and down in one.
  for command in run 'up status down' test; do
    printf '\n== %s, %s: make %s\n' "$user" "$folder" "$command"
    started=$SECONDS
    inside "$user" make --directory="$folder" $command ARGS="$*" </dev/null || return
    printf '== %s, %s: make %s passed in %s s\n' "$user" "$folder" "$command" $((SECONDS - started))
  done
  rm --recursive --force --one-file-system "${root:?}$folder"
}

debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv,python3-pip,make bookworm "$root" >/dev/null
chmod 755 "$root"
chmod 700 "$root/root"
chroot "$root" useradd --create-home warga
lend_network

for situation in $situations; do
  case $situation in
    root) try root /root/tolok "$@" ;;
    user) try warga /home/warga/tolok "$@" ;;
    spaces) try warga "/home/warga/tolok ukur kota" "$@" ;;
    *) echo "unknown situation: $situation" >&2 && exit 2 ;;
  esac
done
printf '\nPassed: %s\n' "$situations"
