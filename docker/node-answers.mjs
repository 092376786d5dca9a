// The health check of a node: ends with 0 when the chain client at RPC_HOST (127.0.0.1 unless set), port 8545, answers JSON-RPC.
const url = `http://${process.env.RPC_HOST ?? '127.0.0.1'}:8545`;
const question = { jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: [] };
try {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(question) });
  process.exitCode = answer.ok && 'result' in (await answer.json()) ? 0 : 1;
  if (process.exitCode === 1) console.error(`${url} answers HTTP ${answer.status}, and no block number.`);
} catch (error) {
  console.error(`${url} cannot be reached: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
