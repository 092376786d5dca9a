import { BlockList, isIP } from 'node:net';

/** `10.2.0.7`, `10.2.0.0/16`, `2001:db8::/32`. */
const NETWORK = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/;

/** Whether a text is an address or a CIDR block (RFC 4632, RFC 4291 §2.3). */
export function isNetwork(text: string): boolean {
  const [, address = '', prefix] = NETWORK.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(prefix ?? 0) <= (family === 4 ? 32 : 128);
}

/** Whether an address lies in one of `networks`; all do when there are none. An IPv4 address may be written as IPv6 has it. */
export function isInNetworks(address: string, networks: readonly string[]): boolean {
  if (networks.length === 0) return true;
  const family = isIP(address);
  if (family === 0) return false;
  const allowed = new BlockList();
  for (const network of networks) {
    const [, start = '', prefix] = NETWORK.exec(network) ?? [];
    const type = isIP(start) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) allowed.addAddress(start, type);
    else allowed.addSubnet(start, Number(prefix), type);
  }
  return allowed.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
