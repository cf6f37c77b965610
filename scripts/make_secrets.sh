#!/bin/sh
# Writes the secrets of docker-compose.yml to a folder (default secrets/); those that are there stay as they are.
# The folder is closed to everyone else on this machine; the files are readable, for the containers' own account.
set -eu
folder=${1:-${TOLOK_SECRETS:-secrets}}
umask 077
mkdir -p "$folder"
chmod 700 "$folder"

random() { head -c "$1" /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

# FILE: its text comes by standard input.
write_once() {
  if [ -s "$folder/$1" ]; then return; fi
  cat >"$folder/.$1"
  chmod 444 "$folder/.$1"
  mv "$folder/.$1" "$folder/$1"
}

for name in postgres_password airflow_password tolok_password redis_password; do random 24 | write_once "$name"; done
for name in api_secret jwt_secret; do random 32 | write_once "$name"; done
head -c 32 /dev/urandom | base64 | tr '+/' '-_' | write_once fernet_key
printf '{"admin": "%s", "pembaca": "%s"}\n' "$(random 9)" "$(random 9)" | write_once logins.json
echo "Sandi masuk / passwords to log in: $folder/logins.json"
