import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newKey } from '../ledger/keys/keys.js';
import { ipcPathOf } from './geth-ipc.js';
import { initConsortium, joinConsortium } from './join.js';
import { joinFileIn, readJoinFile } from './join-file.js';
import { nodeKeyFile, publicKeyOf, readNodeFolder, writeNodeFolder } from './node-folder.js';
import { openNode } from './open-node.js';
import { rotateNodeKey } from './rotate-node-key.js';
import { setNetrestrict } from './set-netrestrict.js';
import { setPeer } from './set-peer.js';

const parent = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-change-'));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

const governors = ['0x1111111111111111111111111111111111111111', '0x2222222222222222222222222222222222222222'] as const;
const machine = (name: string, host: string) => ({ folder: name, host, port: 30_303, rpcPort: 8545, scryptN: 2 ** 12 });
const enodeAt = (address: string): string => `enode://${publicKeyOf(newKey())}@${address}:30303`;

let first: string;
let second: string;
beforeEach(async () => {
  const folder = mkdtempSync(path.join(parent, 'two-'));
  [first, second] = [path.join(folder, 'first'), path.join(folder, 'second')];
  await initConsortium({ ...machine(first, '10.8.0.1'), netrestrict: '10.8.0.0/24' }, { periodSeconds: 1, governors });
  await joinConsortium(machine(second, '10.8.0.2'), joinFileIn(first));
});

describe('initConsortium and joinConsortium', () => {
  it('make nodes that talk to the addresses of the consortium alone', async () => {
    expect((await readNodeFolder(second)).netrestrict).toBe('10.8.0.0/24');
    expect((await readJoinFile(joinFileIn(second))).netrestrict).toBe('10.8.0.0/24');
  });

  it('refuse a machine without them, and one or a member outside of them, and make nothing', async () => {
    const third = path.join(path.dirname(first), 'third');
    const start = { periodSeconds: 1, governors };
    await expect(initConsortium(machine(third, '10.8.0.3'), start)).rejects.toThrow(/as --netrestrict 10\.8\.0\.0\/24/);
    await expect(joinConsortium(machine(third, '10.9.0.3'), joinFileIn(first))).rejects.toThrow(
      /10\.9\.0\.3 lies outside of --netrestrict 10\.8\.0\.0\/24/,
    );
    await expect(
      joinConsortium({ ...machine(third, '10.9.0.3'), netrestrict: '10.9.0.0/24' }, joinFileIn(first)),
    ).rejects.toThrow(/10\.8\.0\.1 lies outside of --netrestrict 10\.9\.0\.0\/24/);
    expect(() => statSync(third)).toThrow(/ENOENT/);
  });
});

describe('setNetrestrict', () => {
  it('lets a node of an earlier release start, and those that join by it', async () => {
    await writeNodeFolder(second, { ...(await readNodeFolder(second)), netrestrict: undefined });
    const open = () => openNode({ binary: 'geth', folder: second, name: 'the node' });
    await expect(open()).rejects.toThrow(/its node\.json has no netrestrict.*network start --data .* --netrestrict/);
    await expect(setNetrestrict(second, '10.8.0.2/32')).rejects.toThrow(/10\.8\.0\.1 lies outside/);
    await setNetrestrict(second, '10.8.0.0/16');
    await open();
    expect((await readJoinFile(joinFileIn(second))).netrestrict).toBe('10.8.0.0/16');
  });
});

describe('rotateNodeKey', () => {
  it('replaces the key, the enode and that of the join file, and nothing else', async () => {
    const before = await readNodeFolder(second);
    const keyBefore = readFileSync(nodeKeyFile(second), 'utf8');
    const { former, enode } = await rotateNodeKey(second);
    expect(former).toBe(before.enode);
    const key = readFileSync(nodeKeyFile(second), 'utf8').trim();
    expect(key).not.toBe(keyBefore.trim());
    expect(enode).toBe(`enode://${publicKeyOf(Buffer.from(key, 'hex'))}@10.8.0.2:30303`);
    expect(statSync(nodeKeyFile(second)).mode & 0o777).toBe(0o600);
    expect(await readNodeFolder(second)).toEqual({ ...before, enode });
    expect((await readJoinFile(joinFileIn(second))).enodes).toEqual([...before.peers, enode]);
  });

  it('remembers for which geth the key is, which a node of an earlier release does not', async () => {
    const settings = await readNodeFolder(second);
    expect(settings.nodeKeyEdition).toBe(1);
    await writeNodeFolder(second, { ...settings, nodeKeyEdition: undefined });
    await rotateNodeKey(second);
    expect((await readNodeFolder(second)).nodeKeyEdition).toBe(1);
  });

  it('refuses while the node runs', async () => {
    const node = createServer((socket) => {
      socket.once('data', () => socket.end('{"jsonrpc":"2.0","id":1,"result":"0x1"}\n'));
    });
    await new Promise<void>((resolve) => node.listen(ipcPathOf(second), resolve));
    await expect(rotateNodeKey(second)).rejects.toThrow(/runs: stop it/);
    await new Promise((resolve) => node.close(resolve));
    await rotateNodeKey(second);
  });
});

describe('setPeer', () => {
  it('takes the enode in place of the one at the same address, in the join file, too', async () => {
    const [known] = (await readNodeFolder(second)).peers;
    const enode = enodeAt('10.8.0.1');
    expect(await setPeer(second, enode)).toEqual({ former: [known], runs: false });
    const { enode: own, peers } = await readNodeFolder(second);
    expect(peers).toEqual([enode]);
    expect((await readJoinFile(joinFileIn(second))).enodes).toEqual([own, enode]);
    expect(await setPeer(second, enode)).toEqual({ former: [], runs: false });
    expect((await readNodeFolder(second)).peers).toEqual([enode]);
  });

  it('takes it in place of the same key at another address, and adds one that is new', async () => {
    const [known] = (await readNodeFolder(second)).peers as [string];
    const moved = known.replace('10.8.0.1', '10.8.0.9');
    expect((await setPeer(second, moved)).former).toEqual([known]);
    const third = enodeAt('10.8.0.3');
    expect((await setPeer(second, third)).former).toEqual([]);
    expect((await readNodeFolder(second)).peers).toEqual([moved, third]);
  });

  it('refuses what is no enode, its own, and one outside of its network', async () => {
    const { enode } = await readNodeFolder(second);
    await expect(setPeer(second, enode)).rejects.toThrow(/this node's own address or key/);
    await expect(setPeer(second, enodeAt('10.9.0.1'))).rejects.toThrow(/10\.9\.0\.1 lies outside/);
    for (const bad of [
      '10.8.0.1',
      enodeAt('north.example'),
      enodeAt('10.8.0.1').replace('30303', '0'),
      `enode://${'1'.repeat(128)}@10.8.0.1:30303`,
    ])
      await expect(setPeer(second, bad)).rejects.toThrow(/names no node: give its enode/);
  });
});
