import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { ctSlice } from '../testing/make-dicom.js';
import { connectMachines } from './testing/connect-machines.js';
import { type DebianMachine, startDebian } from './testing/debian-machine.js';
import { documentedCommands } from './testing/documented-commands.js';
import { madePackage } from './testing/packages.js';

const GENEROUS = { timeoutMs: 180_000, pauseMs: 200 };
const NODE = '/var/lib/dicom-ledger-node';

let first: DebianMachine;
let second: DebianMachine;
let contract: string;
const governors: string[] = [];
const sign = '--url http://127.0.0.1:8545 --keystore /root/first.json --password-file /root/first.password';
/** The page's addresses are those of the machines here. */
const [init = '', tell = '', join = '', keys = '', settings = ''] = documentedCommands('A consortium');

beforeAll(async () => {
  [first, second] = await Promise.all([startDebian(), startDebian()]);
  connectMachines([
    { machine: first, address: '10.8.0.1/24' },
    { machine: second, address: '10.8.0.2/24' },
  ]);
  await Promise.all(
    [first, second].map(async (debian) => {
      copyFileSync(madePackage(), path.join(debian.shared, path.basename(madePackage())));
      await debian.run(
        'dpkg -i /shared/*.deb && systemctl stop dicom-ledger && find /var/lib/dicom-ledger -mindepth 1 -delete',
      );
    }),
  );
  for (const one of ['first', 'second']) {
    const said = await first.run(
      `cd /root && dicom-ledger key new --keystore ${one}.json --password-file ${one}.password`,
    );
    governors.push(addressIn(said));
  }
}, 300_000);
afterAll(async () => {
  await Promise.all([first?.stop(), second?.stop()]);
}, 120_000);

describe('The first hospital of a consortium, by the package', () => {
  it('has a node that runs once it is made, as a user of its own', async () => {
    await first.run('systemctl start dicom-ledger-node');
    expect(await first.attempt('systemctl is-active dicom-ledger-node')).toMatchObject({ output: 'inactive\n' });
    const [one = '', other = ''] = governors;
    const [made = '', start = '', status = ''] = init
      .replace('0xFIRST', one)
      .replace('0xSECOND', other)
      .trimEnd()
      .split('\n');
    await first.run(`${made}\n${start}`);
    await until('blocks', async () => /^head {5}block [1-9]/m.test(await first.run(status)), GENEROUS);
    expect(await first.run(`find ${NODE} ! -user dicom-ledger-node`)).toBe('');
    const pid = await first.run('systemctl show --property MainPID --value dicom-ledger-node');
    const owner = await first.run(`stat -c %U /proc/${pid}`);
    expect(owner).toBe('dicom-ledger-node');
  });

  it('has a server that stores on that chain, with keys that are its own', async () => {
    const deployed = await first.run(`dicom-ledger deploy ${sign} --governor ${governors[1]} 2>/dev/null`);
    contract = addressIn(deployed);
    await first.run(tell.replace('0xCONTRACT', contract));
    await becomeMember(first, 'North', keys);
    await storeSlice(first);
    expect(await first.run('dicom-ledger verify --all')).toMatch(/^1 instances, .* all intact/);
  });

  it('goes on after the node was restarted and its log rotated', async () => {
    await first.run('logrotate --force /etc/logrotate.d/dicom-ledger && systemctl restart dicom-ledger-node');
    expect(await first.run(`ls ${NODE}`)).toContain('geth.log.1');
    await storeSlice(first);
    expect(await first.run('dicom-ledger verify --all')).toMatch(/^2 instances, .* all intact/);
  });
});

describe('Another hospital, by the package', () => {
  it('joins by the file of the first one, and its node has the same chain', async () => {
    copyFileSync(await given(`${NODE}/join.json`), path.join(second.shared, 'join.json'));
    await second.run(`cd /shared && ${join}`);
    const status = `dicom-ledger network status --data ${NODE}`;
    const reached = Number(/^head +block (\d+)/m.exec(await first.run(status))?.[1]);
    await until(
      'its node to catch up',
      async () => Number(/^head +block (\d+)/m.exec(await second.run(status))?.[1]) >= reached,
      GENEROUS,
    );
    expect(await second.run(status)).toMatch(/^peers +10\.8\.0\.1:30303$/m);
    expect(await second.run(status)).toContain(`contract ${contract}`);
    expect(await second.run(`find ${NODE} ! -user dicom-ledger-node`)).toBe('');
    expect(await second.attempt('ls /var/lib/dicom-ledger-node.join.json')).toMatchObject({ code: 2 });
  });

  it('has what the first one has stored, and stores for it', async () => {
    copyFileSync(
      await given('/etc/dicom-ledger/credentials/consortium.key'),
      path.join(second.shared, 'consortium.key'),
    );
    // It gets the key that all share instead of making one.
    const [made, taken] = ['dicom-ledger key consortium --file consortium.key', 'cp /shared/consortium.key .'];
    expect(keys).toContain(made);
    await becomeMember(second, 'South', keys.replace(made, taken));
    const has = (debian: DebianMachine, count: number): Promise<true> =>
      until(
        `${count} instances`,
        async () =>
          new RegExp(`^${count} instances, .* all intact`).test(await debian.run('dicom-ledger verify --all')),
        GENEROUS,
      );
    await has(second, 2);
    await storeSlice(second);
    await has(second, 3);
    await has(first, 3);
  });
});

/** By the commands of the page, and a governor at the first hospital. */
async function becomeMember(debian: DebianMachine, name: string, makeKeys: string): Promise<void> {
  const site = addressIn(await debian.run(makeKeys));
  await first.run(`dicom-ledger site admit ${name} --account ${site} --contract ${contract} ${sign}`);
  writeFileSync(path.join(debian.shared, 'settings'), settings.replace('0xCONTRACT', contract));
  await debian.run('cat /shared/settings >>/etc/dicom-ledger/dicom-ledger.conf && systemctl restart dicom-ledger');
  await until('the server', async () => (await debian.attempt('dicom-ledger verify --all')).code === 0, GENEROUS);
}

/** As soon as the server takes it. */
async function storeSlice(debian: DebianMachine): Promise<void> {
  writeFileSync(path.join(debian.shared, 'slice.dcm'), ctSlice());
  await until(
    'a store',
    async () => (await debian.attempt('dicom-ledger store /shared/slice.dcm')).code === 0,
    GENEROUS,
  );
}

/** Where this machine sees a copy of a file of the first hospital. */
async function given(file: string): Promise<string> {
  await first.run(`cp ${file} /shared/`);
  return path.join(first.shared, path.basename(file));
}

/** The last one that a command has printed. */
function addressIn(text: string): string {
  const found = text.match(/0x[0-9a-fA-F]{40}/g)?.at(-1);
  if (found === undefined) throw new Error(`There is no address in: ${text}`);
  return found;
}
