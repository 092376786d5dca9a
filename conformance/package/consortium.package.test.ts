import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { ctSlice } from '../testing/make-dicom.js';
import { type DebianMachine, startDebian } from './testing/debian-machine.js';
import { documentedCommands } from './testing/documented-commands.js';
import { madePackage } from './testing/packages.js';

const GENEROUS = { timeoutMs: 180_000, pauseMs: 200 };
const NODE = '/var/lib/dicom-ledger-node';

let debian: DebianMachine;
let contract: string;
const governors: string[] = [];
const [init = '', tell = '', , keys = '', settings = ''] = documentedCommands('A consortium');

describe('The first hospital of a consortium, by the package', () => {
  beforeAll(async () => {
    debian = await startDebian();
    copyFileSync(madePackage(), path.join(debian.shared, path.basename(madePackage())));
    await debian.run(
      'dpkg -i /shared/*.deb && systemctl stop dicom-ledger && find /var/lib/dicom-ledger -mindepth 1 -delete',
    );
    for (const one of ['first', 'second']) {
      const said = await debian.run(
        `cd /root && dicom-ledger key new --keystore ${one}.json --password-file ${one}.password`,
      );
      governors.push(addressIn(said));
    }
  });
  afterAll(() => debian?.stop());

  it('has a node that runs once it is made, as a user of its own', async () => {
    await debian.run('systemctl start dicom-ledger-node');
    expect(await debian.attempt('systemctl is-active dicom-ledger-node')).toMatchObject({ output: 'inactive\n' });
    const [first = '', second = ''] = governors;
    const here = init
      .replace('10.8.0.1 --netrestrict 10.8.0.0/24', '127.0.0.1 --netrestrict 127.0.0.0/8')
      .replace('0xFIRST', first)
      .replace('0xSECOND', second);
    const [made = '', start = '', status = ''] = here.trimEnd().split('\n');
    await debian.run(`${made}\n${start}`);
    await until('blocks', async () => /^head {5}block [1-9]/m.test(await debian.run(status)), GENEROUS);
    expect(await debian.run(`find ${NODE} ! -user dicom-ledger-node`)).toBe('');
    const pid = await debian.run('systemctl show --property MainPID --value dicom-ledger-node');
    const owner = await debian.run(`stat -c %U /proc/${pid}`);
    expect(owner).toBe('dicom-ledger-node');
  });

  it('has a server that stores on that chain, with keys that are its own', async () => {
    const sign = '--url http://127.0.0.1:8545 --keystore /root/first.json --password-file /root/first.password';
    const deployed = await debian.run(`dicom-ledger deploy ${sign} --governor ${governors[1]} 2>/dev/null`);
    contract = addressIn(deployed);
    await debian.run(tell.replace('0xCONTRACT', contract));
    const site = addressIn(await debian.run(keys));
    await debian.run(`dicom-ledger site admit North --account ${site} --contract ${contract} ${sign}`);
    writeFileSync(path.join(debian.shared, 'settings'), settings.replace('0xCONTRACT', contract));
    await debian.run('cat /shared/settings >>/etc/dicom-ledger/dicom-ledger.conf && systemctl restart dicom-ledger');
    await until('the server', async () => (await debian.attempt('dicom-ledger verify --all')).code === 0, GENEROUS);
    writeFileSync(path.join(debian.shared, 'slice.dcm'), ctSlice());
    await debian.run('dicom-ledger store /shared/slice.dcm');
    expect(await debian.run('dicom-ledger verify --all')).toMatch(/^1 instances, .* all intact/);
  });

  it('goes on after the node was restarted and its log rotated', async () => {
    await debian.run('logrotate --force /etc/logrotate.d/dicom-ledger && systemctl restart dicom-ledger-node');
    expect(await debian.run(`ls ${NODE}`)).toContain('geth.log.1');
    writeFileSync(path.join(debian.shared, 'slice.dcm'), ctSlice());
    await until(
      'a store on the restarted node',
      async () => (await debian.attempt('dicom-ledger store /shared/slice.dcm')).code === 0,
      GENEROUS,
    );
    expect(await debian.run('dicom-ledger verify --all')).toMatch(/^2 instances, .* all intact/);
  });
});

/** The last one that a command has printed. */
function addressIn(text: string): string {
  const found = text.match(/0x[0-9a-fA-F]{40}/g)?.at(-1);
  if (found === undefined) throw new Error(`There is no address in: ${text}`);
  return found;
}
