import type { Request, Response } from 'express';
import { EMERGENCY_PURPOSES, type Emergency } from '../access/emergency.js';
import type { Principal } from '../access/principal.js';
import { LedgerError } from '../base/errors.js';
import type { Log } from '../base/log.js';

const MAX_REASON_CHARACTERS = 256;
const EXAMPLE = 'Prefer: purpose=ETREAT; reason="…"';

export interface BreakGlassDependencies {
  log: Log;
  /** Called each time that somebody has done so. */
  onBrokenGlass: () => void;
}

/**
 * Who makes a request, seeing everything if it says that this is an emergency: `Prefer: purpose=ETREAT; reason="…"` (RFC 7240 §2, with
 * the purposes of use that IHE IUA §3.71 and BALP have; `BTG` is taken too). The answer then has Preference-Applied. Throws
 * `forbidden` for one who may not, and `bad-request` without a reason of 1 to 256 characters. Nothing changes for one who
 * sees everything. Whose session is in an emergency sees everything without saying so.
 */
export function breakGlass(
  { log, onBrokenGlass }: BreakGlassDependencies,
  { principal, request, response }: { principal: Principal; request: Request; response: Response },
): Principal {
  const stated = statedPurpose(request.headers['prefer']);
  if (principal.sees === 'everything') return principal;
  if (stated === undefined) {
    const { emergency } = principal;
    if (emergency === undefined) return principal;
    putOnRecord(response, emergency);
    onBrokenGlass();
    return { ...principal, sees: 'everything' };
  }
  const { purpose } = stated;
  if (principal.mayBreakGlass !== true)
    throw new LedgerError(
      'forbidden',
      `${principal.name} may not see more in an emergency; ask the operator of the server for a role that may.`,
    );
  const reason = stated.reason.trim();
  if (reason === '' || reason.length > MAX_REASON_CHARACTERS)
    throw new LedgerError(
      'bad-request',
      `An emergency needs a reason of 1 to ${MAX_REASON_CHARACTERS} characters, which is put on record: ${EXAMPLE}.`,
    );
  putOnRecord(response, { purpose, reason });
  response.vary('Prefer');
  response.setHeader('Preference-Applied', `purpose=${purpose}`);
  raiseAlarm({ log, onBrokenGlass }, { principal, purpose, what: 'one request sees everything' });
  return { ...principal, sees: 'everything' };
}

/** Says on the record of use that the request which `response` answers was one of an emergency. */
export function putOnRecord(response: Response, emergency: Emergency): void {
  response.locals['emergency'] = emergency;
}

/** Raises the alarm, and logs who has broken the glass, for `what`. */
export function raiseAlarm(
  { log, onBrokenGlass }: BreakGlassDependencies,
  { principal, purpose, what }: { principal: Principal; purpose: Emergency['purpose']; what: string },
): void {
  const { issuer, subject } = principal;
  log.warn({ issuer, subject, purpose }, `Somebody has broken the glass: ${what}. It is on record.`);
  onBrokenGlass();
}

/** The emergency under which the request that `response` answers sees everything; undefined when there is none. */
export function emergencyOf(response: Response): Emergency | undefined {
  return response.locals['emergency'] as Emergency | undefined;
}

/** The preference `purpose` if it is an emergency. Other preferences and purposes are not for us (RFC 7240 §2). */
function statedPurpose(header: string | string[] | undefined): Emergency | undefined {
  for (const preference of split(String(header ?? ''), ',')) {
    const [first = '', ...parameters] = split(preference, ';').map(nameAndValue);
    const purpose = EMERGENCY_PURPOSES.find((known) => known === first[1]?.toUpperCase());
    if (first[0] !== 'purpose' || purpose === undefined) continue;
    const [, reason = ''] = parameters.find(([name]) => name === 'reason') ?? [];
    return { purpose, reason };
  }
  return undefined;
}

/** Parts between separators that stand outside of quoted strings (RFC 9110 §5.6.4). */
function split(text: string, separator: ',' | ';'): string[] {
  return text.match(separator === ',' ? /(?:[^",]|"(?:[^"\\]|\\.)*")+/g : /(?:[^";]|"(?:[^"\\]|\\.)*")+/g) ?? [];
}

/** The name in lower case, the value without quotes; node reads headers as Latin-1, and clients mean UTF-8. */
function nameAndValue(text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  const [name, value] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1).trim()];
  const plain = value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
  const utf8 = Buffer.from(plain, 'latin1').toString('utf8');
  return [name.trim().toLowerCase(), utf8.includes('\ufffd') ? plain : utf8];
}
