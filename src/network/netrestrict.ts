import { BlockList, isIPv4 } from 'node:net';
import { LedgerError } from '../base/errors.js';

/** The largest networks that are nobody's alone, 10.0.0.0/8 and the loopback (RFC 1918 §3, RFC 1122 §3.2.1.3). */
const WIDEST_PREFIX = 8;

/**
 * CIDR masks with commas between, as geth takes them: the addresses of the nodes that a node talks to. Throws `misconfigured` for
 * what is no IPv4 network, for one that is wider than /8, and where one of `members`, the addresses of nodes, lies in none.
 */
export function requireNetrestrict(masks: string, members: readonly string[] = []): string {
  const allowed = new BlockList();
  const parts = masks.split(',').map((part) => part.trim());
  for (const part of parts) {
    const [address = '', prefix = '', ...rest] = part.split('/');
    if (!isIPv4(address) || !/^\d{1,2}$/.test(prefix) || Number(prefix) > 32 || rest.length > 0)
      throw new LedgerError(
        'misconfigured',
        `"${part}" is no network for --netrestrict: give the members' as CIDR masks with commas between, as 10.8.0.0/24.`,
      );
    if (Number(prefix) < WIDEST_PREFIX)
      throw new LedgerError(
        'misconfigured',
        `"${part}" lets in nearly anybody: --netrestrict has to name the members' network, of at most /${WIDEST_PREFIX}, as 10.8.0.0/24.`,
      );
    allowed.addSubnet(address, Number(prefix));
  }
  const outside = members.find((address) => !allowed.check(address));
  if (outside !== undefined)
    throw new LedgerError(
      'misconfigured',
      `The node at ${outside} lies outside of --netrestrict ${parts.join(',')}: add its network, as ${parts.join(',')},${outside}/32.`,
    );
  return parts.join(',');
}

/** The masks of a node that is to start. Throws `misconfigured` with what to do where there are none, or bad ones. */
export function requireRestricted(folder: string, masks: string | undefined): void {
  const once = `Say once which addresses the members' nodes have: "dicom-ledger network start --data ${folder} --netrestrict 10.8.0.0/24".`;
  if (masks === undefined)
    throw new LedgerError(
      'misconfigured',
      `The node in ${folder} would talk to whoever reaches its port, as its node.json has no netrestrict. ${once}`,
    );
  try {
    requireNetrestrict(masks);
  } catch (cause) {
    if (!(cause instanceof LedgerError)) throw cause;
    throw new LedgerError('misconfigured', `${folder}/node.json: ${cause.message} ${once}`, { cause });
  }
}
