#!/bin/sh
# Makes a Besu network of four validators and a consortium of two sites on it, in three steps:
#   setup-besu.sh keys      keys of governors and sites            in our image
#   setup-besu.sh genesis   genesis, keys and peers of the nodes   in Besu's
#   setup-besu.sh chain     contract and sites, when they run      in our image
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

keys() {
  key "$ROOT/governors/first"
  key "$ROOT/governors/second"
  [ -f "$ROOT/governors/consortium.key" ] || ledger key consortium --file "$ROOT/governors/consortium.key"
  for i in 1 2; do
    key "$ROOT/sites/$i/site"
    cp "$ROOT/governors/consortium.key" "$ROOT/sites/$i/consortium.key"
    # A new volume is open to all users.
    chmod go= "$ROOT/sites/$i"
    # To the user that servers run as; the governors' keys stay with root.
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
  governor="--keystore $ROOT/governors/first.json --password-file $ROOT/governors/first.password"
  # shellcheck disable=SC2086
  contract=$(ledger deploy $governor --governor "$(key "$ROOT/governors/second")")
  for i in 1 2; do
    # shellcheck disable=SC2086
    ledger site admit "site-$i" --contract "$contract" --account "$(key "$ROOT/sites/$i/site")" $governor
  done
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
