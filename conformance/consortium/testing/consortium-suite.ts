import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, statSync } from 'node:fs';
import { openHttpProvider } from '../../../src/ledger/rpc/http-provider.js';
import { createRpc } from '../../../src/ledger/rpc/rpc.js';
import { type CommandResult, done, runCommand } from '../../testing/command-line.js';
import { openMembers, refused, type StartChain } from './members.js';

/** Governs a chain by the compiled commands alone, from its first key on. */
export function describeConsortiumCommands(name: string, start: StartChain): void {
  const members = openMembers();
  const { file, keyOf, accounts, newKey, environment, govern } = members;

  describe(name, () => {
    beforeAll(async () => {
      for (const who of ['first', 'second', 'north', 'north-new']) await newKey(who);
      members.chain = await start({ folder: file('chain'), funded: [accounts['first']!] });
    });
    afterAll(() => members.close());

    it('key new makes files that only their owner reads, and never anew; key address names their account', async () => {
      expect(accounts['first']).toMatch(/^0x[0-9a-f]{40}$/);
      for (const made of ['first.json', 'first.txt']) expect(statSync(file(made)).mode & 0o777).toBe(0o600);
      expect((await done(runCommand(['key', 'address', ...keyOf('first')]))).trim()).toBe(accounts['first']);
      await refused(runCommand(['key', 'new', ...keyOf('first')]), /first\.json is there already/);
      const mixed = ['--keystore', file('first.json'), '--password-file', file('second.txt')];
      await refused(runCommand(['key', 'address', ...mixed]), /second\.txt does not open the keystore/);
    });

    it('key consortium makes one key, once', async () => {
      await done(runCommand(['key', 'consortium', '--file', file('consortium.key')]));
      const made = readFileSync(file('consortium.key'), 'utf8');
      expect(made).toMatch(/^[0-9a-f]{64}\n$/);
      await refused(runCommand(['key', 'consortium', '--file', file('consortium.key')]), /is there already/);
      expect(readFileSync(file('consortium.key'), 'utf8')).toBe(made);
    });

    it('deploy wants a second governor, and gives the same contract when given again', async () => {
      await refused(govern('first', 'deploy', '--release', '1'), /at least two governors/);
      const deploy = (): Promise<string> =>
        done(govern('first', 'deploy', '--release', '1', '--governor', accounts['second']!));
      members.contract = (await deploy()).trim();
      expect(members.contract).toMatch(/^0x[0-9a-f]{40}$/);
      expect((await deploy()).trim()).toBe(members.contract);
      const governors = await done(govern(undefined, 'governor', 'list'));
      expect(governors.trim().split('\n')).toEqual([accounts['first'], accounts['second']]);
    });

    it('site admit, by the second governor, makes a site that site list shows', async () => {
      const said = await done(govern('second', 'site', 'admit', 'North', '--account', accounts['north']!));
      expect(said).toContain('"North" is site 1');
      expect(await done(govern(undefined, 'site', 'list'))).toBe(`1\tNorth\tadmitted\t${accounts['north']}\n`);
      const again = govern('first', 'site', 'admit', 'Other', '--account', accounts['north']!);
      await refused(again, /is of site 1 already/);
      const stranger = govern('north', 'site', 'admit', 'X', '--account', accounts['north-new']!);
      await refused(stranger, /may not do this: it is no governor/);
    });

    it('site fund gives an account more to pay gas with', async () => {
      const provider = openHttpProvider({ url: members.chain!.url });
      const balance = (): Promise<bigint> => createRpc(provider).balance(accounts['north']!);
      const before = await balance();
      expect(before).toBeGreaterThan(0n);
      await done(govern('first', 'site', 'fund', accounts['north']!, '--hours', '2'));
      expect((await balance()) - before).toBeGreaterThan(before);
      await provider.close();
    });

    it('site rotate-key adds the new account, then, by itself, removes the old', async () => {
      const rotate = (who: string, ...how: string[]): Promise<CommandResult> =>
        govern(who, 'site', 'rotate-key', '1', ...how);
      await refused(rotate('first'), /--add/);
      await done(rotate('first', '--add', accounts['north-new']!));
      expect(await done(govern(undefined, 'site', 'list'))).toContain(`${accounts['north']},${accounts['north-new']}`);
      await done(rotate('north-new', '--remove', accounts['north']!));
      expect(await done(govern(undefined, 'site', 'list'))).toBe(`1\tNorth\tadmitted\t${accounts['north-new']}\n`);
      await refused(rotate('first', '--remove', accounts['north']!), /is none of site 1/);
    });

    it('site dismiss ends it', async () => {
      await done(govern('first', 'site', 'dismiss', '1'));
      expect(await done(govern(undefined, 'site', 'list'))).toContain('North\tdismissed');
      await refused(govern('first', 'site', 'dismiss', '1'), /no admitted site 1/);
    });

    it('governor remove warns of the last, who cannot leave; governor add brings another', async () => {
      const { stderr } = await govern('second', 'governor', 'remove', accounts['first']!);
      expect(stderr).toContain(`Only ${accounts['second']} governs`);
      expect(await done(govern(undefined, 'governor', 'list'))).toBe(`${accounts['second']}\n`);
      await refused(govern('second', 'governor', 'remove', accounts['second']!), /is the last governor/);
      await refused(govern('first', 'governor', 'add', accounts['first']!), /may not do this/);
      await done(govern('second', 'governor', 'add', accounts['first']!));
      expect(await done(govern(undefined, 'governor', 'list'))).toContain(accounts['first']);
    });

    it('ask the next node when the first does not answer', async () => {
      const several = { ...environment(), LEDGER_URL: `http://127.0.0.1:9,${members.chain!.url}` };
      expect(await done(runCommand(['governor', 'list'], several))).toContain(accounts['second']);
    });

    it('say in one sentence that no node answers, or that no contract is there', async () => {
      const nobody = { ...environment(), LEDGER_URL: 'http://127.0.0.1:9' };
      await refused(runCommand(['site', 'list'], nobody), /127\.0\.0\.1:9/);
      const nothing = { ...environment(), LEDGER_CONTRACT: `0x${'12'.repeat(20)}` };
      await refused(runCommand(['site', 'list'], nothing), /no contract at 0x1212/);
    });
  });
}
