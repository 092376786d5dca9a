import { type Command, Option } from 'commander';
import { addressesOf, addressOf, wholeNumberOf } from './chain-options.js';
import type { initNetwork, joinNetwork } from './network-machine.js';
import type {
  nameContract,
  proposeSigner,
  rotateKeyOfNode,
  setPeerOfNode,
  showStatus,
  startNetworkNode,
} from './network-node.js';
import type { runNetwork } from './run-network.js';

const onMachine = () => import('./network-machine.js');
const atNode = () => import('./network-node.js');

/** A whole network here, and the steps of one on several machines. Each command loads what it is, when it is called. */
export function addNetworkCommands(program: Command): void {
  const network = program.command('network').description('nodes of a consortium: geth 1.13.15, Clique');

  network
    .command('run')
    .description('run a whole consortium on this machine until Ctrl-C; again on the same folder goes on with it')
    .option('--sites <count>', 'signing nodes, each with a server: 1 to 8', wholeNumberOf(1, 8), 3)
    .option('--period <seconds>', 'block period of a new network; 1 unless given', wholeNumberOf(1, 3600))
    .option('--data <folder>', 'keys, nodes, data of the servers, network.json', './network')
    .option('--port <port>', 'of the first server; each other one is the next', wholeNumberOf(1, 65_000), 8080)
    .addOption(new Option('--release <number>', 'of the contracts of a new network: 2 encrypts').choices(['1', '2']))
    .option('--only-chain', 'nodes, contract and sites without servers')
    .action(async (...given: Parameters<typeof runNetwork>) => (await import('./run-network.js')).runNetwork(...given));

  withMachine(network.command('init'))
    .description('make the first node of a new consortium, and the join file for the others')
    .option('--period <seconds>', 'block period', wholeNumberOf(1, 3600), 1)
    .option('--chain-id <number>', 'random unless given', wholeNumberOf(1, 2 ** 47))
    .option(
      '--block-gas <gas>',
      'about 218 for each byte of an image; less than 800 M on lines of 100 Mbit/s and below',
      wholeNumberOf(32_000_000, 800_000_000),
    )
    .requiredOption('--governor <address>', 'of a governor\'s key ("key new" prints it); twice or more', addressesOf)
    .action(async (...given: Parameters<typeof initNetwork>) => (await onMachine()).initNetwork(...given));

  withMachine(network.command('join'))
    .description('make a node for a consortium that is there')
    .requiredOption('--join <file>', 'the join.json that a member wrote')
    .action(async (...given: Parameters<typeof joinNetwork>) => (await onMachine()).joinNetwork(...given));

  withNode(network.command('start'))
    .description("run this machine's node until Ctrl-C or SIGTERM")
    .option('--rpc-port <port>', 'of JSON-RPC, HTTP and WebSocket alike', wholeNumberOf(1, 65_535))
    .option(
      '--rpc-host <address>',
      "its interface; the servers of other sites reach it on this machine's own address only",
    )
    .option('--netrestrict <masks>', 'from now on talk to nodes of these addresses only; once, for a node without it')
    .action(async (...given: Parameters<typeof startNetworkNode>) => (await atNode()).startNetworkNode(...given));

  withNode(network.command('propose'))
    .description('let the running node of this machine vote for a new signer, or against one')
    .argument('<signer>', 'its account', addressOf)
    .option('--remove', 'it shall seal no more')
    .action(async (...given: Parameters<typeof proposeSigner>) => (await atNode()).proposeSigner(...given));

  withNode(network.command('peer'))
    .description("let this machine's node keep a connection to a member's, in place of the one at the same address")
    .argument('<enode>', 'as that member has it from "network join" or "network rotate-node-key"')
    .action(async (...given: Parameters<typeof setPeerOfNode>) => (await atNode()).setPeerOfNode(...given));

  withNode(network.command('rotate-node-key'))
    .description("give this machine's node, which must not run, a new key among the nodes; the key that seals stays")
    .action(async (...given: Parameters<typeof rotateKeyOfNode>) => (await atNode()).rotateKeyOfNode(...given));

  withNode(network.command('contract'))
    .description('name the contract to whose sites the node gives the fees of its blocks back')
    .argument('<contract>', 'its address, as "deploy" prints it', addressOf)
    .action(async (...given: Parameters<typeof nameContract>) => (await atNode()).nameContract(...given));

  withNode(network.command('status'))
    .description('signers, head, peers and whose turn it is, as the running node of this machine sees it')
    .action(async (...given: Parameters<typeof showStatus>) => (await atNode()).showStatus(...given));
}

function withNode(command: Command): Command {
  return command.requiredOption('--data <folder>', "the node's folder");
}

function withMachine(command: Command): Command {
  return withNode(command)
    .requiredOption('--host <ip>', 'IPv4 address at which the other members reach this machine')
    .option('--port <port>', 'TCP port for the nodes of the other members', wholeNumberOf(1, 65_535), 30_303)
    .option('--rpc-port <port>', "of JSON-RPC for this site's server", wholeNumberOf(1, 65_535), 8545)
    .option(
      '--netrestrict <masks>',
      "talk to nodes of these addresses only: CIDR masks with commas between; unless given, the join file's",
    );
}
