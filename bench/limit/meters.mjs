// What a phase cost, and what its blocks were like.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';

const ticksPerSecond = 100;

/** CPU seconds of processes by name, all their threads; `self` is this process. */
export function cpuSeconds(pids) {
  const { user, system } = process.cpuUsage();
  const seconds = { bench: (user + system) / 1e6 };
  for (const [name, pid] of Object.entries(pids)) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    seconds[name] = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }
  return seconds;
}

export function since(before, after) {
  return Object.fromEntries(Object.entries(after).map(([name, seconds]) => [name, seconds - before[name]]));
}

/** The blocks after `from` up to `to`: how many had anything, how large, and how full of gas. */
export async function blocksBetween(node, from, to) {
  const blocks = [];
  for (let number = from + 1; number <= to; number++) {
    const { size, gasUsed, gasLimit, timestamp, transactions } = await node.block(number);
    blocks.push({
      byteCount: Number(size),
      fill: Number(gasUsed) / Number(gasLimit),
      timestamp: Number(timestamp),
      transactions: transactions.length,
    });
  }
  return { count: blocks.length, empty: blocks.filter(({ transactions }) => transactions === 0).length, blocks };
}

export function machine(geth) {
  const [{ model }] = os.cpus();
  const version = geth && execFileSync(geth, ['version'], { encoding: 'utf8' }).match(/^Version: (.*)$/m)?.[1];
  return {
    cpu: model,
    cores: os.cpus().length,
    memoryGB: Math.round(os.totalmem() / 1e9),
    kernel: os.release(),
    node: process.version,
    ...(version && { geth: version }),
    load: os.loadavg().map((one) => +one.toFixed(1)),
  };
}

export function commit() {
  const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '-uno') === '' ? '' : ' with changes');
}
