import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ContractFactory } from 'ethers';

// solc makes every rejection that nobody handles fatal, with its own million lines as the place.
const before = process.listeners('unhandledRejection');
const { default: solc } = await import('solc');
for (const listener of process.listeners('unhandledRejection'))
  if (!before.includes(listener)) process.off('unhandledRejection', listener);

/** As the project's own contracts are compiled: London is the last rule set that Clique knows, and the network has Berlin's. */
const settings = {
  evmVersion: 'berlin',
  optimizer: { enabled: true, runs: 200 },
  outputSelection: { '*': { PaperImages: ['abi', 'evm.bytecode'] } },
};

/** Compiles PaperImages.sol. Throws what the compiler complains of. */
export function compilePaperContract() {
  const content = readFileSync(path.join(import.meta.dirname, 'PaperImages.sol'), 'utf8');
  const input = { language: 'Solidity', sources: { 'PaperImages.sol': { content } }, settings };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const complaints = (output.errors ?? []).filter((error) => !error.message.includes('EVM versions older than london'));
  if (complaints.length > 0) throw new Error(complaints.map((error) => error.formattedMessage).join('\n'));
  const { abi, evm } = output.contracts['PaperImages.sol'].PaperImages;
  return { abi, creationCode: `0x${evm.bytecode.object}` };
}

/** Returns its address once it is in a block. */
export async function deployPaperContract({ abi, creationCode }, { wallet, nonce }) {
  const factory = new ContractFactory(abi, creationCode, wallet);
  const contract = await factory.deploy({ nonce, gasPrice: 1n, gasLimit: 5_000_000n, type: 0 });
  await contract.waitForDeployment();
  return contract.getAddress();
}
