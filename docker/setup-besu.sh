#!/bin/sh
# Makes a Besu network of four validators and a consortium of two sites on it, in three steps:
#   setup-besu.sh keys      keys of governors, champions, sites    in our image
#   setup-besu.sh genesis   genesis, keys and peers of the nodes   in Besu's
#   setup-besu.sh chain     contracts and sites, when they run     in our image
# All can be run again and leave what is there. Run by compose.besu.yaml.
set -eu

: "${ROOT:=}"
: "${HOSTS:=172.30.5.11 172.30.5.12 172.30.5.13 172.30.5.14}"
: "${DICOM_LEDGER:=node /app/dist/cli/main.js}"
umask 077

ledger() { $DICOM_LEDGER "$@"; }

# Address of the key in $1.json, which is made when it is not there.
key() {
  if [ -f "$1.json" ]; then
    ledger key address --keystore "$1.json" --password-file "$1.password"
  else
    ledger key new --keystore "$1.json" --password-file "$1.password"
  fi
}

# What wraps the keys of what is encrypted (KEY_PASSPHRASE_FILE), made when it is not there.
passphrase() {
  [ -f "$1" ] || node -p 'crypto.randomBytes(32).toString("hex")' >"$1"
}

# A command with the key of $1.
as() {
  keystore=$1
  shift
  ledger "$@" --keystore "$keystore.json" --password-file "$keystore.password"
}

# Lets site $1 in, as far as it is not: a proposal of the first governor, which the second approves and the third executes. Its
# champion names the account of its server, which joins at its start (JOIN_SITE).
admit() {
  list=$(ledger site list)
  if ! echo "$list" | grep -q "^$1	"; then
    said=$(as "$ROOT/governors/first" site admit "site-$1" --champion "$(key "$ROOT/champions/$1")")
    proposal=$(echo "$said" | sed -n 's/^Proposal \([0-9]*\) stands.*/\1/p')
    as "$ROOT/governors/second" proposal approve "$proposal" --yes
    as "$ROOT/governors/third" proposal execute "$proposal"
  fi
  as "$ROOT/champions/$1" site join "$1"
  server=$(key "$ROOT/sites/$1/site")
  if ! echo "$list" | grep -q "writer $server"; then as "$ROOT/champions/$1" site name-writer "$server"; fi
}

# The contracts, with three governors and the first site, whose accounts act without joining; prints the address that servers get.
deploy() {
  as "$ROOT/governors/first" deploy \
    --governor "$(key "$ROOT/governors/second")" --governor "$(key "$ROOT/governors/third")" \
    --site-name site-1 --writer "$(key "$ROOT/sites/1/site")" --champion "$(key "$ROOT/champions/1")"
}

keys() {
  key "$ROOT/governors/first"
  key "$ROOT/governors/second"
  key "$ROOT/governors/third"
  for i in 1 2; do
    key "$ROOT/sites/$i/site"
    key "$ROOT/champions/$i"
    passphrase "$ROOT/sites/$i/keys.passphrase"
    # A new volume is open to all users.
    chmod go= "$ROOT/sites/$i"
    # To the user that servers run as; the keys of governors and champions stay with root.
    if [ "$(id -u)" = 0 ] && id node >/dev/null 2>&1; then chown -R node:node "$ROOT/sites/$i"; fi
  done
}

genesis() {
  if [ -f "$ROOT/nodes/4/static-nodes.json" ]; then return; fi
  rm -rf /tmp/made
  besu operator generate-blockchain-config --config-file=/genesis.json --to=/tmp/made --private-key-file-name=key
  peers=
  i=0
  for made in /tmp/made/keys/*; do
    i=$((i + 1))
    host=$(echo "$HOSTS" | cut -d ' ' -f $i)
    public=$(cat "$made/key.pub")
    peers="$peers${peers:+,}\"enode://${public#0x}@$host:30303\""
    mv "$made/key" "$ROOT/nodes/$i/key"
    cp /tmp/made/genesis.json "$ROOT/nodes/$i/genesis.json"
  done
  for i in 1 2 3 4; do
    echo "[$peers]" >"$ROOT/nodes/$i/static-nodes.json"
    if [ "$(id -u)" = 0 ] && id besu >/dev/null 2>&1; then chown -R besu:besu "$ROOT/nodes/$i"; fi
  done
  rm -rf /tmp/made
}

chain() {
  if [ -f "$ROOT/consortium/contract" ]; then return; fi
  export LEDGER_URL="http://${HOSTS%% *}:8545"
  contract=$(deploy)
  export LEDGER_CONTRACT="$contract"
  admit 2
  umask 022
  echo "$contract" >"$ROOT/consortium/contract"
}

case "${1:-}" in
  keys) keys ;;
  genesis) genesis ;;
  chain) chain ;;
  *)
    echo "usage: $0 keys|genesis|chain" >&2
    exit 1
    ;;
esac
