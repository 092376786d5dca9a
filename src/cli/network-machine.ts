import path from 'node:path';
import { initConsortium, joinConsortium, type MachineParameters } from '../network/join.js';
import { joinFileIn } from '../network/join-file.js';
import { nodeFiles } from '../network/node-folder.js';
import type { Hex } from '../ledger/ethereum/hex.js';

export interface NetworkMachineOptions {
  data: string;
  host: string;
  port: number;
  rpcPort: number;
  netrestrict?: string;
}

const machineOf = ({ data, host, port, rpcPort, netrestrict }: NetworkMachineOptions): MachineParameters => ({
  folder: path.resolve(data),
  host,
  port,
  rpcPort,
  netrestrict,
});

export async function initNetwork(
  options: NetworkMachineOptions & { period: number; chainId?: number; blockGas?: number; governor: Hex[] },
): Promise<void> {
  const machine = machineOf(options);
  const { chainId, signer, enode } = await initConsortium(machine, {
    periodSeconds: options.period,
    chainId: options.chainId,
    gasLimit: options.blockGas,
    governors: options.governor,
  });
  console.log(`Made the first node of a new consortium, chain ${chainId}.`);
  describeNode(machine.folder, signer, enode);
  console.log(`
Next: dicom-ledger network start --data ${machine.folder}
      dicom-ledger deploy --url http://127.0.0.1:${machine.rpcPort} --keystore <governor's> --password-file <its> --governor <the others> --site-name <name> --writer <its server's> --champion <its champion's>
      dicom-ledger network contract <as deploy prints it> --data ${machine.folder}
and on every other machine: dicom-ledger network join --join join.json --data <folder> --host <its address>
with a copy of ${joinFileIn(machine.folder)}`);
}

export async function joinNetwork(options: NetworkMachineOptions & { join: string }): Promise<void> {
  const machine = machineOf(options);
  const { chainId, signer, enode, contract } = await joinConsortium(machine, options.join);
  console.log(`Made a node for the consortium with chain ${chainId}${contract ? ` and contract ${contract}` : ''}.`);
  describeNode(machine.folder, signer, enode);
  console.log(`
Next: dicom-ledger network start --data ${machine.folder}
and, once it has caught up, at more than half of the signers: dicom-ledger network propose ${signer} --data <folder of its node>
Machines that join after this one take ${joinFileIn(machine.folder)}`);
}

function describeNode(folder: string, signer: string, enode: string): void {
  const { keystore, password } = nodeFiles(folder);
  console.log(`signer  ${signer}, its key in ${keystore}, the password in ${password}
node    ${enode}`);
}
