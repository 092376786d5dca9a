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
const chain = '--url http://127.0.0.1:8545';
const by = (who: string): string => `${chain} --keystore /root/${who}.json --password-file /root/${who}.password`;
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
  for (const one of ['first', 'second', 'third']) governors.push(await newKey(first, one));
}, 300_000);
afterAll(async () => {
  await Promise.all([first?.stop(), second?.stop()]);
}, 120_000);

describe('The first hospital of a consortium, by the package', () => {
  it('has a node that runs once it is made, as a user of its own', async () => {
    await first.run('systemctl start dicom-ledger-node');
    expect(await first.attempt('systemctl is-active dicom-ledger-node')).toMatchObject({ output: 'inactive\n' });
    const [one = '', other = '', third = ''] = governors;
    const [made = '', start = '', status = ''] = init
      .replace('0xFIRST', one)
      .replace('0xSECOND', other)
      .replace('0xTHIRD', third)
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
    const [champion, server] = [await newKey(first, 'champion'), addressIn(await first.run(keys))];
    const others = governors.slice(1).map((governor) => `--governor ${governor}`);
    const site = `--site-name North --writer ${server} --champion ${champion}`;
    contract = addressIn(await first.run(`dicom-ledger deploy ${by('first')} ${others.join(' ')} ${site} 2>/dev/null`));
    await first.run(tell.replace('0xCONTRACT', contract));
    await becomeMember(first, 1);
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

  it('is let in by the governors, joins by itself, and stores; what nobody shares with it, it does not see', async () => {
    const [champion, server] = [await newKey(second, 'champion'), addressIn(await second.run(keys))];
    const at = `--contract ${contract}`;
    const proposed = await first.run(`dicom-ledger site admit South --champion ${champion} ${at} ${by('first')}`);
    const proposal = /^Proposal (\d+) stands/m.exec(proposed)?.[1];
    await first.run(`dicom-ledger proposal approve ${proposal} --yes ${at} ${by('second')}`);
    await first.run(`dicom-ledger proposal execute ${proposal} ${at} ${by('third')}`);
    await second.run(`dicom-ledger site join 2 ${at} ${by('champion')}`);
    await second.run(`dicom-ledger site name-writer ${server} ${at} ${by('champion')}`);
    await becomeMember(second, 2);
    // All three are there; what the other one has stored can be verified, and not seen.
    const has = (debian: DebianMachine, locked: number): Promise<true> =>
      until(
        `3 instances, ${locked} of them without a key`,
        async () =>
          new RegExp(`^3 instances, .* all intact\\.\nOf ${locked} there is no key here`).test(
            await debian.run('dicom-ledger verify --all'),
          ),
        GENEROUS,
      );
    await storeSlice(second);
    await has(second, 2);
    await has(first, 1);
  });
});

/** The address of a new key in /root. */
async function newKey(debian: DebianMachine, name: string): Promise<string> {
  const files = `--keystore ${name}.json --password-file ${name}.password`;
  return addressIn(await debian.run(`cd /root && dicom-ledger key new ${files}`));
}

/** By the settings of the page, whose JOIN_SITE is that of the first hospital. */
async function becomeMember(debian: DebianMachine, siteId: number): Promise<void> {
  const own = settings.replace('0xCONTRACT', contract).replace('JOIN_SITE=1', `JOIN_SITE=${siteId}`);
  writeFileSync(path.join(debian.shared, 'settings'), own);
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
