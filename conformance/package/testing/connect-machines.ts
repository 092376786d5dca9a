import { execFileSync } from 'node:child_process';
import type { DebianMachine } from './debian-machine.js';

/** Lays a line between two machines, with an address at each end, as `10.8.0.1/24`. It goes with the machines. */
export function connectMachines(ends: readonly [End, End]): void {
  const [near, far] = ends.map(({ machine }) => ['name', NAME, 'netns', String(machine.pid)]) as [string[], string[]];
  execFileSync('ip', ['link', 'add', ...near, 'type', 'veth', 'peer', ...far]);
  for (const { machine, address } of ends)
    for (const step of [
      ['address', 'add', address, 'dev', NAME],
      ['link', 'set', NAME, 'up'],
    ]) {
      const [enter = '', ...entered] = machine.inItsNetwork;
      execFileSync(enter, [...entered, 'ip', ...step]);
    }
}

const NAME = 'line';

export interface End {
  machine: DebianMachine;
  address: string;
}
