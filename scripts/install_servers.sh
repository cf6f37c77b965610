#!/usr/bin/env bash
# Installs the real servers of `make test-servers` from Debian 12's own packages and starts none of them.
# Needs root; running it again costs nothing. Not needed by `make run` or `make test`.
set -euo pipefail

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

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

# Debian starts a service as soon as its package is in, unless this file says no; one that is there already stays.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet --quiet
apt-get install --quiet --quiet --yes --no-install-recommends -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "${missing[@]}"
