import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Wallet } from 'ethers';
import pLimit from 'p-limit';
import { startClock } from './clock.mjs';
import { measurePass } from './measure.mjs';
import { compilePaperContract, deployPaperContract } from './paper-contract.mjs';
import { connect, openPaperMethod, pieceBytes } from './paper-method.mjs';

const fundWei = 10n ** 18n;
const calibrationPieces = 15;
/** Lanes at once must not make a piece slower than this, alone. */
const tolerated = 1.1;

/** Deploys the paper's contract, and opens researchers who have what they need to send. */
export async function openPaperBed(network, state) {
  const governor = network.governors[0];
  const provider = connect(network.sites[0].node.rpc, network.chainId);
  const [keystore, password] = await Promise.all([
    readFile(governor.keystoreFile, 'utf8'),
    readFile(governor.passwordFile, 'utf8'),
  ]);
  const funder = (await Wallet.fromEncryptedJson(keystore, password.trim())).connect(provider);
  const compiled = compilePaperContract();
  if (!state.notes.contract) state.note('contract', await deployPaperContract(compiled, funder));
  const deployed = { ...compiled, address: state.notes.contract };
  const opened = [];
  return {
    open: async (count) => {
      const researchers = Array.from({ length: count }, () => openPaperMethod({ network, deployed }));
      opened.push(...researchers);
      for (const { account } of researchers) {
        const sent = await funder.sendTransaction({ to: account, value: fundWei, gasPrice: 1n, type: 0 });
        await sent.wait();
      }
      return researchers;
    },
    close: () => {
      opened.forEach((researcher) => researcher.close());
      provider.destroy();
    },
  };
}

/**
 * How long a piece takes, alone and in lanes at once: passes run in so many lanes as leave a piece as fast as alone, since each
 * spends its time waiting for blocks. Halves `lanes` until that holds.
 */
export async function calibrate(bed, { state, lanes, say }) {
  if (state.notes.calibration) return state.notes.calibration;
  say(`Measuring how long ${calibrationPieces} pieces take, alone and in ${lanes} lanes.`);
  const researchers = await bed.open(lanes);
  const aloneMs = await pieceMs(researchers.slice(0, 1));
  let used = lanes;
  let lanesMs = used === 1 ? aloneMs : await pieceMs(researchers);
  while (used > 1 && lanesMs > tolerated * aloneMs) {
    used = Math.floor(used / 2);
    lanesMs = await pieceMs(researchers.slice(0, used));
  }
  state.note('calibration', { lanes: used, pieceMsAlone: aloneMs, pieceMsInLanes: lanesMs });
  return state.notes.calibration;
}

async function pieceMs(researchers) {
  const times = await Promise.all(
    researchers.map(async ({ account, storePiece }) => {
      const elapsed = startClock();
      for (let i = 1; i <= calibrationPieces; i++)
        await storePiece(`calibration-${account}`, `${performance.now()}.png`, i, randomBytes(pieceBytes));
      return elapsed() / calibrationPieces;
    }),
  );
  return times.reduce((sum, ms) => sum + ms, 0) / times.length;
}

/** All passes of the paper's method, so many at once. */
export async function runPaperPasses(bed, { state, patients, passes, lanes, progress }) {
  const free = await bed.open(lanes);
  const limit = pLimit(lanes);
  await Promise.all(
    passes.map((pass) =>
      limit(async () => {
        const method = free.pop();
        method.onPiece = () => progress.piece();
        const onUnit = () => undefined;
        await measurePass({ state, patients, method, implementation: 'paper', onUnit }, pass);
        free.push(method);
      }),
    ),
  );
}
