import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Wallet } from 'ethers';
import pLimit from 'p-limit';
import { startClock } from './clock.mjs';
import { loadPass, storePass } from './measure.mjs';
import { compilePaperContract, deployPaperContract } from './paper-contract.mjs';
import { keyOf, unitsOf } from './passes.mjs';
import { connect, openPaperMethod, pieceBytes, watchBlocks } from './paper-method.mjs';

const fundWei = 10n ** 18n;
const calibrationPieces = 25;

/** Opens researchers who have what they need to send, each of them on the paper's contract of a name. */
export async function openPaperBed(network, state) {
  const governor = network.governors[0];
  const [atA, atB] = network.sites.map(({ node }) => connect(node.rpc, network.chainId));
  const [keystore, password] = await Promise.all([
    readFile(governor.keystoreFile, 'utf8'),
    readFile(governor.passwordFile, 'utf8'),
  ]);
  const wallet = (await Wallet.fromEncryptedJson(keystore, password.trim())).connect(atA);
  let nonce = await atA.getTransactionCount(wallet.address, 'latest');
  const compiled = compilePaperContract();
  const researcher = { atA, atB, blocks: watchBlocks(atA), chainId: network.chainId, abi: compiled.abi };

  /** Deploys it unless the run has one of that name already. */
  const contractOf = memoised(async (name) => {
    const note = `contract of ${name}`;
    if (!state.notes[note]) state.note(note, await deployPaperContract(compiled, { wallet, nonce: nonce++ }));
    return state.notes[note];
  });

  return {
    openReader: async (name) => openPaperMethod(researcher, { address: await contractOf(name) }),
    open: async (name, { onPiece } = {}) => {
      const opened = openPaperMethod(researcher, { address: await contractOf(name), onPiece });
      const gift = { to: opened.account, value: fundWei, gasPrice: 1n, gasLimit: 21_000n, type: 0, nonce: nonce++ };
      await (await wallet.sendTransaction(gift)).wait();
      return opened;
    },
    close: () => [atA, atB].forEach((provider) => provider.destroy()),
  };
}

function memoised(make) {
  const made = new Map();
  return (key) => {
    if (!made.has(key)) made.set(key, make(key));
    return made.get(key);
  };
}

/**
 * How long a piece takes, alone and in lanes at once: a pass spends its time waiting for blocks, so several run at once. What that
 * costs a piece is taken out of the report's times (`withoutLanes`).
 */
export async function calibrate(bed, { state, lanes, periodSeconds, say }) {
  if (state.notes.calibration) return state.notes.calibration;
  say(`Measuring how long ${calibrationPieces} pieces take, alone and in ${lanes} lanes.`);
  const researchers = await Promise.all(Array.from({ length: lanes }, (_, i) => bed.open(`calibration ${i + 1}`)));
  const pieceMsAlone = await pieceMs(researchers.slice(0, 1), periodSeconds);
  const pieceMsInLanes = lanes === 1 ? pieceMsAlone : await pieceMs(researchers, periodSeconds);
  state.note('calibration', { lanes, pieceMsAlone, pieceMsInLanes });
  return state.notes.calibration;
}

/** The same alone when all is stored, on the state that the run has left. */
export async function measureAloneAfter(bed, { state, periodSeconds }) {
  if (state.notes.pieceMsAloneAfter) return state.notes.pieceMsAloneAfter;
  state.note('pieceMsAloneAfter', await pieceMs([await bed.open('calibration 1')], periodSeconds));
  return state.notes.pieceMsAloneAfter;
}

/** They begin out of step with one another, as the passes do. */
async function pieceMs(researchers, periodSeconds) {
  const times = await Promise.all(
    researchers.map(async ({ account, storePiece }) => {
      await delay(Math.random() * 2000 * periodSeconds);
      const elapsed = startClock();
      for (let i = 1; i <= calibrationPieces; i++)
        await storePiece(`calibration-${account}`, `${performance.now()}.png`, i, randomBytes(pieceBytes));
      return elapsed() / calibrationPieces;
    }),
  );
  return times.reduce((sum, ms) => sum + ms, 0) / times.length;
}

/**
 * All passes of the paper's method, each on a contract of its own, so that none finds what others have stored: storing so many at
 * once, an added image beside its pass, then loading one after another with nothing else on the machine.
 */
export async function runPaperPasses(bed, { lanes, passes, onPiece, ...run }) {
  const limit = pLimit(lanes);
  const parts = [true, false].flatMap((added) => {
    const patients = run.patients.filter(({ isAdded = false }) => isAdded === added);
    const isLeft = (pass) => unitsOf(patients, pass).some((unit) => !run.state.has(keyOf('stored', pass, unit)));
    return passes.filter(isLeft).map((pass) => ({ pass, patients }));
  });
  await Promise.all(
    parts.map(({ pass, patients }) =>
      limit(async () => storePass({ ...run, patients }, await bed.open(nameOf(pass), { onPiece }), pass)),
    ),
  );
  for (const pass of passes) await loadPass(run, await bed.openReader(nameOf(pass)), pass);
}

const nameOf = ({ name, repeat }) => `${name} ${repeat}`;
