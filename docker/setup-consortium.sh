#!/bin/sh
# Makes a consortium of three, with the commands that hospitals on separate machines use, one step of theirs after another:
#   setup-consortium.sh files   keys, genesis and nodes' folders, before the nodes run
#   setup-consortium.sh chain   signers, contracts and sites, when they run
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

# To the user that nodes and servers run as; the keys of governors and champions stay with root.
hand_over() {
  if [ "$(id -u)" = 0 ] && id node >/dev/null 2>&1; then chown -R node:node "$@"; fi
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

signer() { node -p 'JSON.parse(fs.readFileSync(process.argv[1])).signer' "$1/node.json"; }

files() {
  first=$(key "$ROOT/governors/first")
  second=$(key "$ROOT/governors/second")
  third=$(key "$ROOT/governors/third")
  i=0
  for host in $HOSTS; do
    i=$((i + 1))
    node="$ROOT/nodes/$i"
    if [ ! -f "$node/join.json" ]; then
      if [ $i = 1 ]; then
        ledger network init --data "$node" --host "$host" --netrestrict "$NETRESTRICT" \
          --governor "$first" --governor "$second" --governor "$third"
      else
        ledger network join --data "$node" --host "$host" --join "$ROOT/nodes/$((i - 1))/join.json"
      fi
    fi
    key "$ROOT/champions/$i" >/dev/null
    key "$ROOT/sites/$i/site" >/dev/null
    passphrase "$ROOT/sites/$i/keys.passphrase"
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
  contract=$(deploy)
  export LEDGER_CONTRACT="$contract"
  admit 2
  admit 3
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
