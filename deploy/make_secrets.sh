#!/bin/sh
# Makes ./secrets for docker-compose.yml: one file per secret. What exists stays; remove a file to have it made anew.
set -eu
umask 077
mkdir -p secrets
cd secrets

word() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
keep() { [ -s "$1" ] || printf '%s\n' "$2" >"$1"; }

keep secret_key "$(word)"
keep secret_key_fallbacks ""  # former keys, while their sessions last
keep postgres_password "$(word)"
keep database_admin_url "postgresql://postgres:$(cat postgres_password)@postgres/postgres"
keep database_url "postgresql://chatsite_app:$(word)@postgres/chatsite"
for role in owner platform sweeper; do
    keep "database_${role}_url" "postgresql://chatsite_$role:$(word)@postgres/chatsite"
done
keep smtp_url "smtp://mail:1025"  # the mail catcher of the profile dev: put your own server's here
# The folder is shut to others. The files are not: a container's user, whom this machine does not know, reads them.
chmod 644 ./*
