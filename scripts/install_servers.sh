#!/usr/bin/env bash
# Installs the real servers of `make test-servers` and starts none of them: those of Debian 12 from its own packages,
# Uptime Kuma from npm and CKAN from PyPI into .servers/. Running it again costs nothing. Not needed by `make run` or `make test`.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  awstats
  faketime
  icinga2 icingadb redis-server
  mariadb-server
  nagios4-core nagios4-cgi monitoring-plugins-basic
  nginx-light
  postgresql postgresql-contrib
  prometheus prometheus-alertmanager
  request-tracker5 rt5-db-sqlite rt5-standalone
  zabbix-agent zabbix-frontend-php zabbix-server-pgsql php-pgsql
)
command -v npm >/dev/null || packages+=(npm)

# Needs root when something is missing.
install_packages() {
  local package status missing=()
  for package in "${packages[@]}"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  # Debian starts a service as soon as its package is in, unless this file says no; one that is there already stays.
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap "rm -f '$policy'" EXIT
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update --quiet --quiet
  apt-get install --quiet --quiet --yes --no-install-recommends -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 \
    "${missing[@]}"
}

install_uptime_kuma() {
  local kuma=.servers/uptime-kuma/node_modules/uptime-kuma
  [ ! -e "$kuma/.complete" ] || return 0
  npm install --prefix .servers/uptime-kuma --legacy-peer-deps --omit=dev --no-audit --no-fund --loglevel=error \
    uptime-kuma@2.0.0-dev.0
  # The package has these steps of its database in the folder above the one it reads them from.
  cp "$kuma"/db/patch-*.sql "$kuma/db/old_migrations/"
  touch "$kuma/.complete"
}

# An environment of its own: CKAN pins other versions than this project. Its search server is in no package.
install_ckan() {
  [ ! -e .servers/ckan/.complete ] || return 0
  local uv
  uv=$(command -v uv || echo .venv/bin/uv)
  "$uv" venv --quiet --clear --python 3.11 .servers/ckan
  "$uv" pip install --quiet --python .servers/ckan/bin/python "ckan[requirements]==2.12.0" "waitress==3.0.2"
  touch .servers/ckan/.complete
}

install_packages
install_uptime_kuma
install_ckan
