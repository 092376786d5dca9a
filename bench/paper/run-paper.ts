import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Wallet } from 'ethers';
import pLimit from 'p-limit';
import type { Network } from '../../src/network/network.js';
import { startClock } from './clock.js';
import { loadPass, type PaperRun, storePass } from './measure.js';
import { compilePaperContract, deployPaperContract } from './paper-contract.js';
import { keyOf, type Pass, type Unit, unitsOf } from './passes.js';
import { connect, createPaperMethod, type PaperResearcher, PIECE_BYTES, watchBlocks } from './paper-method.js';
import type { Calibration, State } from './state.js';

/** Three and a half hours of full blocks; the governor has a hundred. */
const FUND_WEI = 10n ** 13n;
const CALIBRATION_PIECES = 25;

/** Researchers by name, each on a contract of that name. */
export interface PaperBed {
  /** Who only loads. */
  openReader(name: string): Promise<PaperResearcher>;
  open(name: string, options?: { onPiece?: () => void }): Promise<PaperResearcher>;
  close(): void;
}

/** Opens researchers who have what they need to send, each of them on the paper's contract of a name. */
export async function openPaperBed(network: Network, state: State): Promise<PaperBed> {
  const governor = network.governors[0]!;
  const providers = network.sites.map(({ node }) => connect(node.rpc, network.chainId));
  const atA = providers[0]!;
  const atB = providers[1] ?? atA;
  const [keystore, password] = await Promise.all([
    readFile(governor.keystoreFile, 'utf8'),
    readFile(governor.passwordFile, 'utf8'),
  ]);
  const wallet = (await Wallet.fromEncryptedJson(keystore, password.trim())).connect(atA);
  let nonce = await atA.getTransactionCount(wallet.address, 'latest');
  const compiled = compilePaperContract();
  const researcher = { atA, atB, blocks: watchBlocks(atA), chainId: network.chainId, abi: compiled.abi };

  /** Deploys it unless the run has one of that name already. */
  const contractOf = memoised(async (name: string) => {
    const note = `contract of ${name}`;
    if (!state.notes[note]) state.note(note, await deployPaperContract(compiled, { wallet, nonce: nonce++ }));
    return state.notes[note] as string;
  });

  return {
    openReader: async (name) => createPaperMethod(researcher, { address: await contractOf(name) }),
    open: async (name, { onPiece } = {}) => {
      const opened = createPaperMethod(researcher, { address: await contractOf(name), onPiece });
      const gift = { to: opened.account, value: FUND_WEI, gasPrice: 1n, gasLimit: 21_000n, type: 0, nonce: nonce++ };
      await (await wallet.sendTransaction(gift)).wait();
      return opened;
    },
    close: () => providers.forEach((provider) => provider.destroy()),
  };
}

function memoised<T>(make: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const made = new Map<string, Promise<T>>();
  return (key) => {
    const making = made.get(key) ?? make(key);
    made.set(key, making);
    return making;
  };
}

/**
 * How long a piece takes, alone and in lanes at once: a pass spends its time waiting for blocks, so several run at once. What that
 * costs a piece is taken out of the report's times (`withoutLanes`).
 */
export async function calibrate(
  bed: PaperBed,
  { state, lanes, periodSeconds, say }: Omit<PaperRun, 'patients'> & { lanes: number; say: (sentence: string) => void },
): Promise<Calibration> {
  if (state.notes.calibration) return state.notes.calibration;
  say(`Measuring how long ${CALIBRATION_PIECES} pieces take, alone and in ${lanes} lanes.`);
  const researchers = await Promise.all(Array.from({ length: lanes }, (_, i) => bed.open(`calibration ${i + 1}`)));
  const pieceMsAlone = await pieceMs(researchers.slice(0, 1), periodSeconds);
  const pieceMsInLanes = lanes === 1 ? pieceMsAlone : await pieceMs(researchers, periodSeconds);
  const calibration: Calibration = { lanes, pieceMsAlone, pieceMsInLanes };
  state.note('calibration', calibration);
  return calibration;
}

/** The same alone when all is stored, on the state that the run has left. */
export async function measureAloneAfter(bed: PaperBed, { state, periodSeconds }: PaperRun): Promise<number> {
  if (state.notes.pieceMsAloneAfter) return state.notes.pieceMsAloneAfter;
  const alone = await pieceMs([await bed.open('calibration 1')], periodSeconds);
  state.note('pieceMsAloneAfter', alone);
  return alone;
}

/** They begin out of step with one another, as the passes do. */
async function pieceMs(researchers: readonly PaperResearcher[], periodSeconds: number): Promise<number> {
  const times = await Promise.all(
    researchers.map(async ({ account, storePiece }) => {
      await delay(Math.random() * 2000 * periodSeconds);
      const elapsed = startClock();
      for (let i = 1; i <= CALIBRATION_PIECES; i++)
        await storePiece(`calibration-${account}`, `${performance.now()}.png`, i, randomBytes(PIECE_BYTES));
      return elapsed() / CALIBRATION_PIECES;
    }),
  );
  return times.reduce((sum, ms) => sum + ms, 0) / times.length;
}

/**
 * All passes of the paper's method, each on a contract of its own, so that none finds what others have stored: storing so many at
 * once, an added image beside its pass, then loading one after another with nothing else on the machine.
 */
export async function runPaperPasses(
  bed: PaperBed,
  {
    lanes,
    passes,
    onPiece,
    ...run
  }: PaperRun & { lanes: number; passes: readonly Pass[]; onPiece: () => void; onLoaded: (unit: Unit) => void },
): Promise<void> {
  const limit = pLimit(lanes);
  const parts = [true, false].flatMap((added) => {
    const patients = run.patients.filter(({ isAdded = false }) => isAdded === added);
    const isLeft = (pass: Pass): boolean =>
      unitsOf(patients, pass).some((unit) => !run.state.has(keyOf('stored', pass, unit)));
    return passes.filter(isLeft).map((pass) => ({ pass, patients }));
  });
  await Promise.all(
    parts.map(({ pass, patients }) =>
      limit(async () => storePass({ ...run, patients }, await bed.open(nameOf(pass), { onPiece }), pass)),
    ),
  );
  for (const pass of passes) await loadPass(run, await bed.openReader(nameOf(pass)), pass);
}

const nameOf = ({ name, repeat }: Pass): string => `${name} ${repeat}`;
