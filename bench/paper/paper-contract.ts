import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type BaseContract, type BaseWallet, ContractFactory, type InterfaceAbi } from 'ethers';
import { PROJECT_ROOT } from '../../src/base/project-root.js';

// solc makes every rejection that nobody handles fatal, with its own million lines as the place.
const before = process.listeners('unhandledRejection');
const { default: solc } = await import('solc');
for (const listener of process.listeners('unhandledRejection'))
  if (!before.includes(listener)) process.off('unhandledRejection', listener);

/** As the project's own contracts are compiled: London is the last rule set that Clique knows, and the network has Berlin's. */
const SETTINGS = {
  evmVersion: 'berlin',
  optimizer: { enabled: true, runs: 200 },
  outputSelection: { '*': { PaperImages: ['abi', 'evm.bytecode'] } },
};

export interface CompiledContract {
  abi: InterfaceAbi;
  creationCode: string;
}

/** What of the compiler's standard JSON output is used. */
interface CompilerOutput {
  errors?: { message: string; formattedMessage: string }[];
  contracts: { 'PaperImages.sol': { PaperImages: { abi: InterfaceAbi; evm: { bytecode: { object: string } } } } };
}

/** Compiles PaperImages.sol. Throws what the compiler complains of. */
export function compilePaperContract(): CompiledContract {
  const content = readFileSync(path.join(PROJECT_ROOT, 'bench', 'paper', 'PaperImages.sol'), 'utf8');
  const input = { language: 'Solidity', sources: { 'PaperImages.sol': { content } }, settings: SETTINGS };
  const compile = solc.compile as (input: string) => string;
  const output = JSON.parse(compile(JSON.stringify(input))) as CompilerOutput;
  const complaints = (output.errors ?? []).filter((error) => !error.message.includes('EVM versions older than london'));
  if (complaints.length > 0) throw new Error(complaints.map((error) => error.formattedMessage).join('\n'));
  const { abi, evm } = output.contracts['PaperImages.sol'].PaperImages;
  return { abi, creationCode: `0x${evm.bytecode.object}` };
}

/** Returns its address once it is in a block. */
export async function deployPaperContract(
  { abi, creationCode }: CompiledContract,
  { wallet, nonce }: { wallet: BaseWallet; nonce: number },
): Promise<string> {
  const factory = new ContractFactory(abi, creationCode, wallet);
  const contract: BaseContract = await factory.deploy({ nonce, gasPrice: 1n, gasLimit: 5_000_000n, type: 0 });
  await contract.waitForDeployment();
  return contract.getAddress();
}
