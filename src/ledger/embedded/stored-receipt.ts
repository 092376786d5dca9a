import { RLP } from '@ethereumjs/rlp';

export interface StoredLog {
  address: Uint8Array;
  topics: Uint8Array[];
  data: Uint8Array;
}

export interface StoredReceipt {
  succeeded: boolean;
  gasUsed: bigint;
  cumulativeGasUsed: bigint;
  /** Wei. */
  gasPrice: bigint;
  from: Uint8Array;
  /** Empty for a transaction that creates a contract. */
  to: Uint8Array;
  /** Empty when none was created. */
  contractAddress: Uint8Array;
  logs: StoredLog[];
}

export function encodeReceipts(receipts: readonly StoredReceipt[]): Uint8Array {
  return RLP.encode(
    receipts.map((receipt) => [
      receipt.succeeded ? 1 : 0,
      receipt.gasUsed,
      receipt.cumulativeGasUsed,
      receipt.gasPrice,
      receipt.from,
      receipt.to,
      receipt.contractAddress,
      receipt.logs.map(({ address, topics, data }) => [address, topics, data]),
    ]),
  );
}

type LogRecord = [Uint8Array, Uint8Array[], Uint8Array];
type Record = [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, LogRecord[]];

export function decodeReceipts(record: Uint8Array | undefined): StoredReceipt[] {
  if (record === undefined) return [];
  return (RLP.decode(record) as unknown as Record[]).map(
    ([succeeded, gasUsed, cumulativeGasUsed, gasPrice, from, to, contractAddress, logs]) => ({
      succeeded: succeeded.length > 0,
      gasUsed: bigint(gasUsed),
      cumulativeGasUsed: bigint(cumulativeGasUsed),
      gasPrice: bigint(gasPrice),
      from,
      to,
      contractAddress,
      logs: logs.map(([address, topics, data]) => ({ address, topics, data })),
    }),
  );
}

const bigint = (bytes: Uint8Array): bigint =>
  bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
