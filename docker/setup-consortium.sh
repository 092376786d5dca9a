#!/bin/sh
# Makes a consortium of three, with the commands that hospitals on separate machines use, one step of theirs after another:
#   setup-consortium.sh files   keys, genesis and nodes' folders, before the nodes run
#   setup-consortium.sh chain   signers, contract and sites, when they run
# Both can be run again and leave what is there. Run in the image by compose.consortium.yaml.
set -eu

: "${ROOT:=}"
: "${HOSTS:=172.30.4.11 172.30.4.12 172.30.4.13}"
: "${NETRESTRICT:=172.30.4.0/24}"
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

# To the user that nodes and servers run as; the governors' keys stay with root.
hand_over() {
  if [ "$(id -u)" = 0 ] && id node >/dev/null 2>&1; then chown -R node:node "$@"; fi
}

signer() { node -p 'JSON.parse(fs.readFileSync(process.argv[1])).signer' "$1/node.json"; }

files() {
  first=$(key "$ROOT/governors/first")
  second=$(key "$ROOT/governors/second")
  [ -f "$ROOT/governors/consortium.key" ] || ledger key consortium --file "$ROOT/governors/consortium.key"
  i=0
  for host in $HOSTS; do
    i=$((i + 1))
    node="$ROOT/nodes/$i"
    if [ ! -f "$node/join.json" ]; then
      if [ $i = 1 ]; then
        ledger network init --data "$node" --host "$host" --netrestrict "$NETRESTRICT" \
          --governor "$first" --governor "$second"
      else
        ledger network join --data "$node" --host "$host" --join "$ROOT/nodes/$((i - 1))/join.json"
      fi
    fi
    key "$ROOT/sites/$i/site" >/dev/null
    cp "$ROOT/governors/consortium.key" "$ROOT/sites/$i/consortium.key"
    # A new volume is open to all users.
    chmod go= "$ROOT/sites/$i"
    hand_over "$node" "$ROOT/sites/$i"
  done
}

# Node $1 votes for the signer of node $2, as soon as it has the block that lets it vote.
vote() {
  tries=0
  until ledger network propose "$(signer "$ROOT/nodes/$2")" --data "$ROOT/nodes/$1"; do
    tries=$((tries + 1))
    [ $tries -lt 10 ] || exit 1
    sleep 2
  done
}

chain() {
  if [ -f "$ROOT/consortium/contract" ]; then return; fi
  export LEDGER_URL="http://${HOSTS%% *}:8545"
  # More than half of those that sign already have to want a new one: one of one, then two of two.
  vote 1 2
  vote 1 3
  vote 2 3
  governor="--keystore $ROOT/governors/first.json --password-file $ROOT/governors/first.password"
  # shellcheck disable=SC2086
  contract=$(ledger deploy $governor --governor "$(key "$ROOT/governors/second")")
  for i in 1 2 3; do
    # shellcheck disable=SC2086
    ledger site admit "site-$i" --contract "$contract" --account "$(key "$ROOT/sites/$i/site")" $governor
  done
  for i in 1 2 3; do
    ledger network contract "$contract" --data "$ROOT/nodes/$i"
    hand_over "$ROOT/nodes/$i"
  done
  umask 022
  echo "$contract" >"$ROOT/consortium/contract"
}

case "${1:-}" in
  files) files ;;
  chain) chain ;;
  *)
    echo "usage: $0 files|chain" >&2
    exit 1
    ;;
esac
