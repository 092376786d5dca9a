import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Wallet } from 'ethers';
import pLimit from 'p-limit';
import { startClock } from './clock.mjs';
import { loadPass, storePass } from './measure.mjs';
import { compilePaperContract, deployPaperContract } from './paper-contract.mjs';
import { unitsOf } from './passes.mjs';
import { connect, openPaperMethod, pieceBytes, watchBlocks } from './paper-method.mjs';

const fundWei = 10n ** 18n;
const calibrationPieces = 25;
/** Lanes at once must not make a piece slower than this, alone. */
const tolerated = 1.05;

/** Deploys the paper's contract, and opens researchers who have what they need to send. */
export async function openPaperBed(network, state) {
  const governor = network.governors[0];
  const [atA, atB] = network.sites.map(({ node }) => connect(node.rpc, network.chainId));
  const [keystore, password] = await Promise.all([
    readFile(governor.keystoreFile, 'utf8'),
    readFile(governor.passwordFile, 'utf8'),
  ]);
  const funder = (await Wallet.fromEncryptedJson(keystore, password.trim())).connect(atA);
  const compiled = compilePaperContract();
  if (!state.notes.contract) state.note('contract', await deployPaperContract(compiled, funder));
  const deployed = { ...compiled, address: state.notes.contract };
  const researcher = { atA, atB, blocks: watchBlocks(atA), chainId: network.chainId, deployed };
  return {
    open: async (count) => {
      const researchers = Array.from({ length: count }, () => openPaperMethod(researcher));
      let nonce = await atA.getTransactionCount(funder.address, 'latest');
      const sent = [];
      for (const { account } of researchers)
        sent.push(
          await funder.sendTransaction({
            to: account,
            value: fundWei,
            gasPrice: 1n,
            gasLimit: 21_000n,
            type: 0,
            nonce: nonce++,
          }),
        );
      await Promise.all(sent.map((one) => one.wait()));
      return researchers;
    },
    close: () => [atA, atB].forEach((provider) => provider.destroy()),
  };
}

/**
 * How long a piece takes, alone and in lanes at once: passes run in so many lanes as leave a piece as fast as alone, since each
 * spends its time waiting for blocks. Tries `lanes`, then fewer, until that holds.
 */
export async function calibrate(bed, { state, lanes, passCount, say }) {
  if (state.notes.calibration) return state.notes.calibration;
  let used = Math.min(lanes, passCount);
  say(`Measuring how long ${calibrationPieces} pieces take, alone and in ${used} lanes.`);
  const researchers = await bed.open(used);
  const aloneMs = await pieceMs(researchers.slice(0, 1));
  for (;;) {
    const lanesMs = used === 1 ? aloneMs : await pieceMs(researchers.slice(0, used));
    if (used === 1 || lanesMs <= tolerated * aloneMs) {
      state.note('calibration', { lanes: used, pieceMsAlone: aloneMs, pieceMsInLanes: lanesMs });
      return state.notes.calibration;
    }
    say(`A piece takes ${Math.round(aloneMs)} ms alone and ${Math.round(lanesMs)} ms in ${used} lanes: too many.`);
    used = fewerLanes(used, passCount);
  }
}

/** The same alone when all is stored, on the state that the run has left. */
export async function measureAloneAfter(bed, { state }) {
  if (!state.notes.pieceMsAloneAfter) state.note('pieceMsAloneAfter', await pieceMs(await bed.open(1)));
  return state.notes.pieceMsAloneAfter;
}

/** The next smaller number of lanes that needs more rounds for all passes. */
function fewerLanes(lanes, passCount) {
  for (let rounds = Math.ceil(passCount / lanes) + 1; ; rounds++) {
    const fewer = Math.ceil(passCount / rounds);
    if (fewer < lanes) return fewer;
  }
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

/**
 * All passes of the paper's method: storing so many at once, an added image beside its pass, then loading one after another with
 * nothing else on the machine.
 */
export async function runPaperPasses(bed, { lanes, passes, onPiece, ...run }) {
  const free = await bed.open(lanes);
  const limit = pLimit(lanes);
  const parts = [true, false].flatMap((added) => {
    const patients = run.patients.filter(({ isAdded = false }) => isAdded === added);
    return passes.filter((pass) => unitsOf(patients, pass).length > 0).map((pass) => ({ pass, patients }));
  });
  await Promise.all(
    parts.map(({ pass, patients }) =>
      limit(async () => {
        const method = free.pop();
        method.onPiece = onPiece;
        await storePass({ ...run, patients }, method, pass);
        free.push(method);
      }),
    ),
  );
  for (const pass of passes) await loadPass(run, free[0], pass);
}
