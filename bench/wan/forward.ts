// Runs in a site's network namespace: what connects to the Unix socket talks to a port of the loopback there.
// usage: node forward.js <socket> <port>
import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';

const [socketPath, port] = process.argv.slice(2);
createServer((client) => {
  const server = connect(Number(port), '127.0.0.1');
  const ended = (): void => void (client.destroy(), server.destroy());
  pipeline(client, server, ended);
  pipeline(server, client, ended);
}).listen(socketPath, () => console.log('ready'));
