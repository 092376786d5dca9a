import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createConsortiumAccount } from '../../../src/ledger/consortium/consortium-account.js';
import { contractsAt } from '../../../src/ledger/consortium/contracts-at.js';
import { encodeCall } from '../../../src/ledger/consortium/decode-call.js';
import { fromHex, toHex } from '../../../src/ledger/ethereum/hex.js';
import { keccak256 } from '../../../src/ledger/ethereum/keccak256.js';
import { readKeystore } from '../../../src/ledger/keys/keystore.js';
import { openHttpProvider } from '../../../src/ledger/rpc/http-provider.js';
import { createRpc } from '../../../src/ledger/rpc/rpc.js';
import { type CommandResult, done } from '../../testing/command-line.js';
import { openMembers, refused, type StartChain } from './members.js';

const PEOPLE = ['first', 'second', 'third', 'writer', 'champion', 'south', 'south-writer', 'fourth'];

/** Governs a consortium of release 2 by the compiled commands alone: three governors with keys of their own. */
export function describeGoverningCommands(name: string, start: StartChain): void {
  const members = openMembers({ scryptN: 2 ** 12 });
  const { accounts, govern } = members;
  const read = (...args: string[]): Promise<string> => done(govern(undefined, ...args));

  /** The number of the proposal that a command has made, and the hash of its call. */
  async function proposed(running: Promise<CommandResult>): Promise<{ id: string; hash: string }> {
    const { code, stdout, stderr } = await running;
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    const id = /^Proposal (\d+) stands:/.exec(stdout)?.[1];
    const hash = /approve (\d+) --hash (0x[0-9a-f]{64})/.exec(stderr);
    expect(id).toBe(hash?.[1]);
    return { id: id!, hash: hash![2]! };
  }

  async function pass(running: Promise<CommandResult>, ...more: string[]): Promise<string> {
    const { id, hash } = await proposed(running);
    await done(govern('second', 'proposal', 'approve', id, '--hash', hash, '--yes', ...more));
    await done(govern('third', 'proposal', 'execute', id, ...more));
    return id;
  }

  /** Refused after it was shown: the last line says why. */
  async function refusedAtLast(running: Promise<CommandResult>, sentence: RegExp): Promise<void> {
    const { code, stdout, stderr } = await running;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr.trim().split('\n').at(-1)).toMatch(sentence);
  }

  describe(name, () => {
    beforeAll(async () => {
      for (const who of PEOPLE) await members.newKey(who);
      members.chain = await start({ folder: members.file('chain'), funded: [accounts['first']!] });
    });
    afterAll(() => members.close());

    it('deploy wants three governors, or a trial, and gives the same contracts when given again', async () => {
      const others = ['--governor', accounts['second']!, '--governor', accounts['third']!];
      await refused(govern('first', 'deploy', '--release', '2', ...others.slice(2)), /3 to 32 governors, not 2/);
      const site = ['--site-name', 'North', '--writer', accounts['writer']!, '--champion', accounts['champion']!];
      const deploy = (): Promise<CommandResult> =>
        govern('first', 'deploy', '--release', '2', '--trial', ...others, ...site);
      const { stdout, stderr } = await deploy();
      expect(stdout).toMatch(/^0x[0-9a-f]{40}\n$/);
      expect(stderr).toMatch(/consortium is at 0x[0-9a-f]{40}, its images at 0x.*for trials/);
      expect(await done(deploy())).toBe(stdout);
      members.contract = stdout.trim();
      const governors = await govern(undefined, 'governor', 'list');
      expect(governors.stdout.trim().split('\n')).toEqual([accounts['first'], accounts['second'], accounts['third']]);
      expect(governors.stderr).toMatch(/for trials/);
      const listed = `1\tNorth\tadmitted\twriter ${accounts['writer']},champion ${accounts['champion']}\tno card\n`;
      expect(await read('site', 'list')).toBe(listed);
    });

    it('site admit proposes; two of three governors pass it, and a third executes it', async () => {
      const admit = ['site', 'admit', 'South', '--champion', accounts['south']!];
      await refused(govern('first', 'site', 'admit', 'South', '--account', accounts['south']!), /needs --champion/);
      await refused(govern('champion', ...admit), /is no governor of 0x/);
      const { id, hash } = await proposed(govern('first', ...admit));
      expect(await read('proposal', 'list')).toBe(
        `${id}\topen\t1 of 2\tadmitSite(name = "South", champions = [${accounts['south']}])\n`,
      );
      const shown = await read('proposal', 'show', id);
      expect(shown).toContain('A new site "South" may store.');
      expect(shown).toContain(hash);
      await refused(govern('third', 'proposal', 'execute', '99'), /There is no proposal 99/);
      await refusedAtLast(govern('third', 'proposal', 'execute', id), /is open, so that cannot be done/);
      await refusedAtLast(govern('second', 'proposal', 'approve', id), /Nothing was sent: "\d+" was not typed/);
      const approved = await govern('second', 'proposal', 'approve', id, '--yes');
      expect([approved.code, approved.stdout]).toEqual([0, `${accounts['second']} has approved proposal ${id}.\n`]);
      expect(approved.stderr).toMatch(/It has passed\. Next: dicom-ledger proposal execute/);
      await done(govern('third', 'proposal', 'execute', id));
      expect(await read('site', 'list')).toContain(
        `2\tSouth\tadmitted\tnamed champion ${accounts['south']}\tno card\n`,
      );
    });

    it('what a thief puts in its place is not approved', async () => {
      const { hash } = await proposed(govern('first', 'site', 'rename', '2', 'South Hospital'));
      const { id } = await proposed(govern('first', 'site', 'rename', '2', 'Thief'));
      const approve = govern('second', 'proposal', 'approve', id, '--hash', hash, '--yes');
      await refusedAtLast(approve, /is another than the one that was read\. Nothing was sent/);
      expect(await read('proposal', 'list')).toContain(`${id}\topen\t1 of 2\trenameSite(siteId = 2, name = "Thief")`);
      await done(govern('first', 'proposal', 'revoke', id));
      expect(await read('proposal', 'list')).toContain(`${id}\topen\t0 of 2\t`);
      await refusedAtLast(govern('first', 'proposal', 'send-back', id), /none of those that wait/);
    });

    it('what cannot be read is neither approved nor executed', async () => {
      const provider = openHttpProvider({ url: members.chain!.url });
      const rpc = createRpc(provider);
      const contracts = await contractsAt(rpc, members.contract as `0x${string}`);
      const [, keystore, , passwordFile] = members.keyOf('first');
      const key = await readKeystore({ file: keystore!, passwordFile: passwordFile! });
      const { consortium } = contracts as typeof contracts & { release: 2 };
      const call = encodeCall('renameSite', 2, 'Harmless');
      // The contract reads the values only, and takes what lies behind them along.
      const data = `${call.data}${'00'.repeat(32)}` as const;
      const hidden = { ...call, data, hash: toHex(keccak256(fromHex(data))) };
      const { id } = await createConsortiumAccount({ rpc }, { consortium, key }).propose(hidden);
      await provider.close();

      expect(await read('proposal', 'list')).toContain(`${id}\topen\t1 of 2\tcannot be read\n`);
      expect(await read('proposal', 'show', String(id))).toContain('cannot be read: nobody should approve it');
      const notRead = /cannot be read, so it is not approved here/;
      await refused(govern('second', 'proposal', 'approve', String(id), '--yes'), notRead);
      await refused(govern('second', 'proposal', 'execute', String(id)), notRead);
    });

    it('a champion joins, names a writer, and takes it back; only governors remove a champion', async () => {
      await refused(govern('south', 'site', 'name-writer', accounts['south-writer']!), /is no champion/);
      expect(await done(govern('south', 'site', 'join', '2'))).toContain('is a champion of site 2');
      await refused(govern('south-writer', 'site', 'join', '2'), /was not named for site 2/);
      await done(govern('south', 'site', 'name-writer', accounts['south-writer']!));
      expect(await done(govern('south-writer', 'site', 'join', '2'))).toContain('is a writer of site 2');
      await refused(govern('first', 'site', 'rotate-key', '2', '--add', accounts['fourth']!), /a champion names the new writer/); // prettier-ignore
      await done(govern('south', 'site', 'remove-account', '2', accounts['south-writer']!));
      await refused(govern('south-writer', 'site', 'leave'), /is of no admitted site/);
      await refused(
        govern('champion', 'site', 'remove-account', '1', accounts['champion']!),
        /is a champion, whom only/,
      );
      await pass(govern('first', 'site', 'remove-account', '2', accounts['south']!));
      expect(await read('site', 'list')).toContain('2\tSouth\tadmitted\t\tno card\n');
      await pass(govern('first', 'site', 'add-champion', '2', accounts['south']!));
      await done(govern('south', 'site', 'join', '2'));
      await done(govern('south', 'site', 'leave'));
    });

    it('a site is renamed, dismissed from a time on, and readmitted', async () => {
      await pass(govern('first', 'site', 'rename', '2', 'South Clinic'));
      const since = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
      await pass(govern('first', 'site', 'dismiss', '2', '--hidden-since', since));
      expect(await read('site', 'list')).toContain(`2\tSouth Clinic\tdismissed, hidden since ${since}T00:00:00Z\t`);
      await refused(govern('first', 'site', 'dismiss', '2'), /no admitted site 2/);
      await refused(govern('first', 'site', 'dismiss', '1', '--hidden-since', '2020-01-01'), /90 days back/);
      await pass(govern('first', 'site', 'readmit', '2'));
      expect(await read('site', 'list')).toContain('2\tSouth Clinic\tadmitted\t');
    });

    it('an issuer is assigned by governors who were told its name', async () => {
      const { id, hash } = await proposed(govern('first', 'issuer', 'assign', 'Hôpital', '1'));
      const approve = ['proposal', 'approve', id, '--hash', hash, '--yes'];
      await refused(govern('second', ...approve), /give --issuer <name> as you were told it/);
      await refused(govern('second', ...approve, '--issuer', 'Hopital'), /give --issuer <name>/);
      await done(govern('second', ...approve, '--issuer', 'Hôpital'));
      await done(govern('second', 'proposal', 'execute', id, '--issuer', 'Hôpital'));
      expect(await read('issuer', 'list', '--issuer', 'Hôpital')).toBe('Hôpital\tsite 1\n');
      expect(await read('issuer', 'list')).toMatch(/^0x[0-9a-f]{64}\tsite 1\n$/);
    });

    it('erasures and rulings are decided in the same way', async () => {
      const until = new Date(Date.now() + 86_400_000).toISOString();
      await pass(govern('first', 'erasure', 'allow', '1', '--per-day', '500', '--until', until));
      expect(await read('erasure', 'list')).toBe('');
      await refused(govern('first', 'erasure', 'cancel', '1'), /Erasure 1 is unknown/);
      const image = `0x${'ee'.repeat(32)}`;
      const { id, hash } = await proposed(govern('first', 'ruling', 'retire', image, '--reason', 'safety'));
      await done(govern('second', 'proposal', 'approve', id, '--hash', hash, '--yes'));
      const executed = await govern('second', 'proposal', 'execute', id);
      expect([executed.code, executed.stdout]).toEqual([1, `Proposal ${id} is executed.\n`]);
      expect(executed.stderr).toMatch(
        /The ruling stands, and is not carried out yet.*Later: dicom-ledger ruling carry-out/,
      );
      expect(await read('ruling', 'list')).toBe(`${image}\truling 1\tretired (113037)\n`);
      await refused(govern('first', 'ruling', 'carry-out', image), /is in no state in which that can be done/);
      expect(await read('site', 'rings', '1')).toBe('');
    });

    it('a governor is replaced by proposal; that of a lost key by one, unless another objects', async () => {
      await pass(govern('first', 'governor', 'add', accounts['fourth']!));
      await refused(govern('first', 'governor', 'add', accounts['fourth']!), /is a governor/);
      const { id, hash } = await proposed(govern('first', 'governor', 'remove', accounts['fourth']!));
      await done(govern('second', 'proposal', 'approve', id, '--hash', hash, '--yes'));
      await done(govern('fourth', 'proposal', 'approve', id, '--hash', hash, '--yes'));
      await done(govern('fourth', 'proposal', 'execute', id));
      const replace = ['start-replacement', accounts['third']!, accounts['fourth']!];
      expect(await done(govern('first', 'governor', ...replace))).toMatch(/is replaced by 0x\w+ from \d{4}-.*unless a governor objects/); // prettier-ignore
      expect((await govern(undefined, 'governor', 'list')).stderr).toContain(
        `${accounts['third']} is to be replaced by`,
      );
      await refused(govern('first', 'governor', 'execute-replacement', accounts['third']!), /can be replaced from/);
      await done(govern('third', 'governor', 'object-to-replacement', accounts['third']!));
      await refused(govern('first', 'governor', 'execute-replacement', accounts['third']!), /No replacement of/);
      await pass(govern('first', 'governor', 'replace', accounts['first']!, accounts['fourth']!));
      expect(await read('governor', 'list')).not.toContain(accounts['first']);
      await refused(govern('first', 'site', 'rename', '1', 'X'), /is no governor/);
      expect(await read('proposal', 'list')).toBe('');
      expect(await read('proposal', 'list', '--all')).toMatch(/\tended\t/);
    });

    it('one governor of a trial decides at once', async () => {
      members.contract = await done(govern('first', 'deploy', '--release', '2', '--trial'));
      members.contract = members.contract.trim();
      const admitted = await govern('first', 'site', 'admit', 'Alone', '--champion', accounts['south']!);
      expect(admitted.stdout).toMatch(/^Proposal 1 is executed: A new site "Alone" may store/);
      expect(admitted.stderr).toContain('site join 1');
    });

    it('where changes wait, they say until when, and can be sent back', async () => {
      const others = ['--governor', accounts['second']!, '--governor', accounts['third']!];
      members.contract = (
        await done(govern('first', 'deploy', '--release', '2', ...others, '--wait-hours', '96'))
      ).trim();
      expect((await govern(undefined, 'governor', 'list')).stderr).toContain('waits 96 hours more');
      const { id, hash } = await proposed(govern('first', 'governor', 'add', accounts['fourth']!));
      const approved = await govern('second', 'proposal', 'approve', id, '--hash', hash, '--yes');
      expect(approved.stderr).toMatch(/waits until \d{4}-.*then: dicom-ledger proposal execute.*send it back/);
      await refusedAtLast(govern('first', 'proposal', 'execute', id), /is waiting, so that cannot be done/);
      await done(govern('third', 'proposal', 'send-back', id));
      expect(await read('proposal', 'list')).toContain(`${id}\topen\t0 of 2\taddGovernor`);
    });
  });
}
