const killNode = (site) => site.node.stop('SIGKILL');
const killServer = (site) => site.server.stop('SIGKILL');

/** Starts what does not run, nodes first: a server that finds no node at its start ends. */
async function startAgain(sites) {
  await Promise.all(sites.map((site) => site.node.start()));
  await Promise.all(sites.map((site) => site.server.start()));
}

/** What happens to a network: `hit` and, later, `heal`, both of (network, victim). */
export const faults = {
  'kill node': {
    hit: (_network, victim) => killNode(victim),
    heal: (_network, victim) => startAgain([victim]),
  },
  'kill server': {
    hit: (_network, victim) => killServer(victim),
    heal: (_network, victim) => startAgain([victim]),
  },
  'kill site': {
    hit: (_network, victim) => Promise.all([killServer(victim), killNode(victim)]),
    heal: (_network, victim) => startAgain([victim]),
  },
  'kill all nodes': {
    hit: ({ sites }) => Promise.all(sites.map(killNode)),
    heal: ({ sites }) => startAgain(sites),
  },
  'kill everything': {
    hit: ({ sites }) => Promise.all(sites.flatMap((site) => [killServer(site), killNode(site)])),
    heal: ({ sites }) => startAgain(sites),
  },
  'pause node': {
    hit: async (_network, victim) => process.kill(victim.node.pid, 'SIGSTOP'),
    heal: async (_network, victim) => process.kill(victim.node.pid, 'SIGCONT'),
  },
  'cut off': {
    hit: (network, victim) => network.cutOff(victim),
    heal: (network, victim) => network.heal(victim),
  },
};

export const faultNames = Object.keys(faults);
