import { isIPv4 } from 'node:net';

/** Whether a name or an address without brackets is this machine alone (RFC 6761 §6.3, RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^::ffff:/i, '');
  return address.toLowerCase() === 'localhost' || address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}
