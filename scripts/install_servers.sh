#!/usr/bin/env bash
# Installs the real servers of `make test-servers` and starts none of them: those of Debian 12 from its own packages,
# Uptime Kuma from npm and CKAN from PyPI into .servers/. Running it again costs nothing. Not needed by `make run` or `make test`.
# A server that cannot be installed is named at the end, with exit code 1; the others are installed all the same.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

servers=(
  "AWStats: awstats"
  "a clock to set: faketime"
  "Icinga: icinga2 icingadb"
  "MariaDB: mariadb-server"
  "Nagios: nagios4-core nagios4-cgi monitoring-plugins-basic"
  "nginx: nginx-light"
  "PostgreSQL: postgresql postgresql-contrib"
  "Prometheus: prometheus prometheus-alertmanager"
  "Redis: redis-server"
  "Request Tracker: request-tracker5 rt5-db-sqlite rt5-standalone"
  "Zabbix: zabbix-agent zabbix-frontend-php zabbix-server-pgsql php-pgsql"
)
command -v npm >/dev/null || servers+=("npm: npm")
failed=()

# Needs root when something is missing.
install_packages() {
  local server packages missing
  missing=$(missing_of ${servers[@]#*: })
  [ -n "$missing" ] || return 0

  # Debian starts a service as soon as its package is in, unless this file says no; one that is there already stays.
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap "rm -f '$policy'" EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update --quiet --quiet
  apt_install $missing && return
  # One package that cannot be had keeps back all of them: now server by server.
  for server in "${servers[@]}"; do
    packages=$(missing_of ${server#*: })
    [ -z "$packages" ] || apt_install $packages || failed+=("${server%%:*} (Debian's ${packages//$'\n'/, })")
  done
}

missing_of() {
  local package
  for package; do
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

apt_install() {
  apt-get install --quiet --quiet --yes --no-install-recommends -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@"
}

# Built in a folder whose name has no space, which its native parts cannot be built in, and then moved.
install_uptime_kuma() {
  local build kuma
  [ ! -e .servers/uptime-kuma/.complete ] || return 0
  build=$(mktemp -d) && kuma=$build/node_modules/uptime-kuma || return
  # The package has these steps of its database in the folder above the one it reads them from.
  npm install --prefix "$build" --legacy-peer-deps --omit=dev --no-audit --no-fund --loglevel=error \
    uptime-kuma@2.0.0-dev.0 &&
    cp "$kuma"/db/patch-*.sql "$kuma/db/old_migrations/" &&
    touch "$build/.complete" &&
    rm -rf .servers/uptime-kuma &&
    mkdir -p .servers &&
    mv "$build" .servers/uptime-kuma ||
    { rm -rf "$build" && return 1; }
}

# An environment of its own: CKAN pins other versions than this project. Its search server is in no package.
install_ckan() {
  local uv
  [ ! -e .servers/ckan/.complete ] || return 0
  uv=$(command -v uv || echo .venv/bin/uv)
  "$uv" venv --quiet --clear --python 3.11 .servers/ckan &&
    "$uv" pip install --quiet --python .servers/ckan/bin/python "ckan[requirements]==2.12.0" "waitress==3.0.2" &&
    touch .servers/ckan/.complete
}

install_packages
install_uptime_kuma || failed+=("Uptime Kuma (npm)")
install_ckan || failed+=("CKAN (PyPI)")
if [ ${#failed[@]} -gt 0 ]; then
  printf 'could not be installed: %s\n' "${failed[@]}" >&2
  exit 1
fi
