// Measures a consortium of some sites on this machine: latencies, throughput, and what each byte stored costs in traffic, disk and CPU.
import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, fetch } from 'undici';
import { startNetwork } from '../dist/network/start-network.js';
import { part10Head } from './part10.mjs';
import { logFigures } from './consortium-logs.mjs';
import { mean, round, spread, sum } from './spread.mjs';
import { watchTraffic } from './consortium-traffic.mjs';

const imageSide = 512;
const pollMs = 20;
/** First blocks, first probes and first compilations are not measured. */
const warmUps = 2;
const idleSeconds = 8;
/** So many blocks after the last answer, all that follows from it is written. */
const settleBlocks = 4;
const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: 64 });

/** One network of `sites`, a signing node and a server each, from nothing to nothing. Figures as `consortium.json` has them. */
export async function measureSites({ sites, binary, periodSeconds, stores, files, inFlight, say }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'ledger-sites-'));
  const network = await startNetwork({
    sites,
    folder,
    binary,
    periodSeconds,
    environment: { LOG_LEVEL: 'warn' },
    say,
  });
  const traffic = await watchTraffic(network.sites);
  let measured;
  try {
    await untilMeshed(network);
    const [first, ...others] = network.sites;
    for (let i = 0; i < warmUps; i++) await storeAndView({ from: first, at: others[i % sites] }, `1.${i}`);
    await settle(network);

    say(`${sites} sites: at rest.`);
    const idle = await during(network, traffic, () => sleep(idleSeconds * 1000));

    say(`${sites} sites: ${stores} stores, one at a time.`);
    const latencies = [];
    const alone = await during(network, traffic, async () => {
      for (let i = 0; i < stores; i++) {
        latencies.push(await storeAndView({ from: first, at: others[i % (sites - 1)] }, `2.${i}`));
        // Each store begins at another moment of the block period.
        await sleep(((i * 0.618) % 1) * periodSeconds * 1000);
      }
    });
    await settle(network);

    say(`${sites} sites: ${files} stores, ${inFlight} in flight.`);
    const fromBlock = await head(first);
    let storeSeconds;
    const busy = await during(network, traffic, async () => {
      const begun = performance.now();
      await storeAll(first, { files, inFlight });
      storeSeconds = (performance.now() - begun) / 1000;
      await settle(network);
    });
    const payload = files * image('3').length;
    const stored = (warmUps + stores + files) * image('4').length;
    measured = {
      sites,
      periodSeconds,
      imageBytes: image('3').length,
      storeSeconds: spread(latencies.map(({ stored }) => stored)),
      firstViewSeconds: sites === 1 ? undefined : spread(latencies.map(({ viewed }) => viewed)),
      throughput: {
        files,
        inFlight,
        payloadBytes: payload,
        seconds: round(storeSeconds),
        MBps: round(payload / 1e6 / storeSeconds),
      },
      blocks: await blocksOf(first, fromBlock, await head(first)),
      othersCores: { alone: othersCores(alone), throughput: othersCores(busy) },
      idle: ratesOf(idle),
      perByte: perByte({ busy, idle, payload }),
      clientCpuPerMB: round((busy.clientCpu / payload) * 1e6),
      diskPerByte: { storedBytes: stored, running: round(diskBytes(first.node.folder) / stored) },
      log: logFigures(network.sites, busy.begunAt, busy.endedAt),
    };
    traffic.stop();
    await network.stop();
    const { node } = first;
    execFileSync(binary, ['--datadir', node.folder, '--state.scheme', 'hash', 'db', 'compact'], { stdio: 'ignore' });
    measured.diskPerByte.compacted = round(diskBytes(node.folder) / stored);
    return measured;
  } finally {
    traffic.stop();
    await network.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `work` cost each process. */
async function during(network, traffic, work) {
  const begunAt = Date.now();
  const ownBefore = process.cpuUsage();
  const machineBefore = machineCpuSeconds();
  const before = await look(network, traffic);
  await work();
  const after = await look(network, traffic);
  const endedAt = Date.now();
  const machineCpu = machineCpuSeconds() - machineBefore;
  const { user, system } = process.cpuUsage(ownBefore);
  const cost = (key) => after[key].map((value, i) => value - before[key][i]);
  return {
    begunAt,
    endedAt,
    seconds: (endedAt - begunAt) / 1000,
    machineCpu,
    clientCpu: (user + system) / 1e6,
    ...Object.fromEntries(Object.keys(after).map((key) => [key, cost(key)])),
  };
}

/** Per site: CPU seconds of node and server, bytes of the node's connections, disk. */
async function look({ sites }, traffic) {
  const bytes = await traffic.look();
  return {
    nodeCpu: sites.map(({ node }) => cpuSeconds(node.pid)),
    serverCpu: sites.map(({ server }) => cpuSeconds(server.pid)),
    peerIn: bytes.map(({ peerIn }) => peerIn),
    peerOut: bytes.map(({ peerOut }) => peerOut),
    rpcIn: bytes.map(({ rpcIn }) => rpcIn),
    rpcOut: bytes.map(({ rpcOut }) => rpcOut),
    serverDisk: sites.map(({ server }) => diskBytes(server.dataFolder)),
  };
}

const costs = ['nodeCpu', 'serverCpu', 'peerIn', 'peerOut', 'rpcIn', 'rpcOut', 'serverDisk'];

/** Bytes per image byte and, of CPU, seconds per MB: the storing site first, then the mean and each of the others; what rest costs is left out. */
function perByte({ busy, idle, payload }) {
  return Object.fromEntries(
    costs.map((key) => {
      const scale = key.endsWith('Cpu') ? 1e6 : 1;
      const isDisk = key.endsWith('Disk');
      const each = busy[key].map(
        (value, i) => ((value - (isDisk ? 0 : (idle[key][i] / idle.seconds) * busy.seconds)) / payload) * scale,
      );
      const others = each.slice(1);
      return [
        key,
        { storing: round(each[0]), others: others.length > 0 ? round(mean(others)) : undefined, each: each.map(round) },
      ];
    }),
  );
}

/** Per second and site, in the mean over sites. */
const ratesOf = (idle) =>
  Object.fromEntries(costs.map((key) => [`${key}PerSecond`, round(mean(idle[key]) / idle.seconds)]));

async function storeAll(site, { files, inFlight }) {
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < files; i = next++) await store(site, image(`3.${i}`));
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}

/** Seconds from the begin of a STOW to its answer, and to the thumbnail at another site. */
async function storeAndView({ from, at }, suffix) {
  const uids = uidsOf(suffix);
  const body = image(suffix);
  const begun = performance.now();
  const elapsed = () => (performance.now() - begun) / 1000;
  const url =
    at && `${at.server.url}/dicom-web/studies/${uids.study}/series/${uids.series}/instances/${uids.instance}/thumbnail`;
  const [stored, viewed] = await Promise.all([
    store(from, body).then(elapsed),
    url &&
      until(async () => {
        const answer = await fetch(url, { dispatcher });
        await answer.arrayBuffer();
        return answer.status === 200;
      }).then(elapsed),
  ]);
  return { stored, viewed };
}

async function store(site, body) {
  const answer = await fetch(`${site.server.url}/dicom-web/studies`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/dicom' },
    body,
    dispatcher,
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`STOW answered ${answer.status}: ${text}`);
}

const uidsOf = (suffix) => ({
  study: `2.25.${process.pid}.${suffix}`,
  series: `2.25.${process.pid}.${suffix}.1`,
  instance: `2.25.${process.pid}.${suffix}.1.1`,
});

/** Noise, which no codec makes smaller. */
function image(suffix) {
  const pixels = randomFillSync(Buffer.alloc(imageSide * imageSide * 2));
  return Buffer.concat([part10Head({ ...uidsOf(suffix), rows: imageSide, columns: imageSide }), pixels]);
}

/** Every node is connected with every other one. */
const untilMeshed = ({ sites }) =>
  until(async () => {
    const peers = await Promise.all(sites.map(({ node }) => node.ipc('admin_peers')));
    return peers.every(({ length }) => length === sites.length - 1);
  });

async function settle({ sites }) {
  const end = (await head(sites[0])) + settleBlocks;
  await until(async () => (await Promise.all(sites.map(head))).every((number) => number >= end), 200);
}

const call = ({ node }, method, ...parameters) => node.ipc(method, ...parameters);
const head = async (site) => Number(await call(site, 'eth_blockNumber'));

async function blocksOf(site, from, to) {
  const blocks = [];
  for (let number = from + 1; number <= to; number++)
    blocks.push(await call(site, 'eth_getBlockByNumber', `0x${number.toString(16)}`, false));
  const full = blocks.filter(({ transactions }) => transactions.length > 0);
  const sizes = full.map(({ size }) => Number(size));
  const intervals = blocks.slice(1).map((block, i) => Number(block.timestamp) - Number(blocks[i].timestamp));
  return {
    count: blocks.length,
    withTransactions: full.length,
    meanBytes: Math.round(mean(sizes)),
    mostBytes: Math.max(...sizes),
    gasPerByte: round(sum(full.map(({ gasUsed }) => Number(gasUsed))) / sum(sizes)),
    meanIntervalSeconds: round(mean(intervals)),
    inTurnShare: round(blocks.filter(({ difficulty }) => Number(difficulty) === 2).length / blocks.length),
  };
}

const cpuTicks = 100;
const quietCores = 0.4;
const quietLooks = 2;
const quietLookSeconds = 5;

function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / cpuTicks;
}

/** All that was not idle: user, nice, system, interrupts, and what the host gave to others. */
function machineCpuSeconds() {
  const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8')
    .split('\n')[0]
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / cpuTicks;
}

/** Returns once others leave the machine alone for a while, or `atMostSeconds` later. */
export async function untilQuiet({ atMostSeconds, say }) {
  const end = performance.now() + atMostSeconds * 1000;
  for (let quiet = 0; quiet < quietLooks && performance.now() < end;) {
    const before = machineCpuSeconds();
    await sleep(quietLookSeconds * 1000);
    const busyCores = (machineCpuSeconds() - before) / quietLookSeconds;
    quiet = busyCores < quietCores ? quiet + 1 : 0;
    if (quiet === 0) say(`Waiting: others take ${busyCores.toFixed(1)} cores.`);
  }
}

/** Cores that went to what is not of this measurement. */
const othersCores = ({ machineCpu, clientCpu, nodeCpu, serverCpu, seconds }) =>
  round(Math.max(0, machineCpu - clientCpu - sum(nodeCpu) - sum(serverCpu)) / seconds);

/** As allocated. */
const diskBytes = (folder) => Number(execFileSync('du', ['-s', '-B1', folder], { encoding: 'utf8' }).split('\t')[0]);

async function until(condition, pauseMs = pollMs) {
  while (!(await condition())) await sleep(pauseMs);
}
