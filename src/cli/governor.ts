import type { Hex } from '../ledger/ethereum/hex.js';
import { asAccount, asMember, atContract } from './at-consortium.js';
import type { ContractOptions, GovernorOptions } from './chain-options.js';
import { propose } from './proposal.js';

const encoder = async () => (await import('../ledger/consortium/decode-call.js')).encodeCall;

/** A line a governor; of release 2 the open replacements, too, and how long changes wait. */
export async function showGovernors(options: ContractOptions): Promise<void> {
  await atContract(options, {
    release1: async (at) => {
      const { listGovernors } = await import('../ledger/contract/member-sites.js');
      const governors = await listGovernors(at, at);
      for (const account of governors) console.log(account);
      warnOfOne(governors);
    },
    release2: async (at) => {
      const [{ readGovernors, readReplacements }, { createConsortiumReader }, { timeInWords }] = await Promise.all([
        import('../ledger/consortium/read-governors.js'),
        import('../ledger/consortium/consortium-reader.js'),
        import('../ledger/consortium/time-in-words.js'),
      ]);
      const governors = await readGovernors(at);
      for (const account of governors) console.log(account);
      for (const { lost, successor, executableFrom } of await readReplacements(at))
        console.error(`${lost} is to be replaced by ${successor} from ${timeInWords(executableFrom)} on, unless a governor objects: dicom-ledger governor object-to-replacement ${lost}`); // prettier-ignore
      const waitHours = Number((await createConsortiumReader(at.rpc, at.consortium).read('waitSeconds'))[0]) / 3_600;
      console.error(
        waitHours === 0
          ? 'Nothing waits here: this consortium is for trials.'
          : `A proposal needs ${Math.floor(governors.length / 2) + 1} of them; what changes governors, dismisses a site or raises a limit waits ${waitHours} hours more.`,
      );
    },
  });
}

export async function addGovernor(account: Hex, options: GovernorOptions): Promise<void> {
  await asAccount(options, {
    release1: async (consortium) => {
      await consortium.addGovernor(account);
      console.log(`${account} is a governor.`);
    },
    release2: async (here) => void (await propose(here, (await encoder())('addGovernor', account))),
  });
}

export async function removeGovernor(account: Hex, options: GovernorOptions): Promise<void> {
  await asAccount(options, {
    release1: async (consortium) => {
      await consortium.removeGovernor(account);
      console.log(`${account} is no governor any more.`);
      warnOfOne(await consortium.listGovernors());
    },
    release2: async (here) => void (await propose(here, (await encoder())('removeGovernor', account))),
  });
}

export async function replaceGovernor(account: Hex, successor: Hex, options: GovernorOptions): Promise<void> {
  await asMember(options, async (here) => propose(here, (await encoder())('replaceGovernor', account, successor)));
}

/** By the word of one governor: the key of another is lost. */
export async function startReplacement(lost: Hex, successor: Hex, options: GovernorOptions): Promise<void> {
  await asMember(options, async (here) => {
    await here.as.startReplacement(lost, successor);
    const [{ readReplacements }, { timeInWords }] = await Promise.all([
      import('../ledger/consortium/read-governors.js'),
      import('../ledger/consortium/time-in-words.js'),
    ]);
    const open = (await readReplacements(here)).find((one) => one.lost === lost)!;
    console.log(
      `${lost} is replaced by ${successor} from ${timeInWords(open.executableFrom)} on, unless a governor objects until then. Next, from that time on: dicom-ledger governor execute-replacement ${lost}`,
    );
  });
}

export async function objectToReplacement(lost: Hex, options: GovernorOptions): Promise<void> {
  await asMember(options, async ({ as }) => {
    await as.objectToReplacement(lost);
    console.log(`${lost} is not replaced.`);
  });
}

export async function executeReplacement(lost: Hex, options: GovernorOptions): Promise<void> {
  await asMember(options, async ({ as }) => {
    await as.executeReplacement(lost);
    console.log(`${lost} is replaced. All proposals that were open are void.`);
  });
}

function warnOfOne(governors: readonly Hex[]): void {
  if (governors.length > 1) return;
  console.error(
    `Only ${governors[0]} governs: when that key is lost, nobody can admit a site again. Add another with "dicom-ledger governor add".`,
  );
}
