// The health check of a server: ends with 0 when the one in this container answers 200 at /readyz, or at the path that is given
// (/healthz). It is the same machine, so that the certificate of a server with TLS is not looked at.
import http from 'node:http';
import https from 'node:https';

const { PORT = '8080', TLS_CERT_FILE } = process.env;
const path = process.argv[2] ?? '/readyz';
const options = { host: '127.0.0.1', port: PORT, path, headers: { host: `localhost:${PORT}` }, timeout: 4_000 };
const request = TLS_CERT_FILE ? https.get({ ...options, rejectUnauthorized: false }) : http.get(options);
const fail = (reason) => {
  console.error(`${path} on port ${PORT}: ${reason}`);
  process.exit(1);
};
request.on('response', ({ statusCode }) => (statusCode === 200 ? process.exit(0) : fail(`HTTP ${statusCode}`)));
request.on('timeout', () => fail('no answer'));
request.on('error', (error) => fail(error.message));
