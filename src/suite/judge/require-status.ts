import { mediaType } from '../ask/media-type.js';
import type { Answer } from '../ask/server.js';
import { Unmet } from '../ask/unmet.js';

/** Throws `Unmet` with the sentence unless the condition holds. */
export function must(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new Unmet(sentence);
}

/** Throws `Unmet` unless the answer has one of the statuses. */
export function requireStatus(answer: Answer, ...statuses: readonly number[]): Answer {
  must(statuses.includes(answer.status), `${said(answer)}, not ${statuses.join(' or ')}.`);
  return answer;
}

/** Throws `Unmet` unless the answer is an error of the client's: 400 to 499. */
export function requireRefused(answer: Answer): Answer {
  must(answer.status >= 400 && answer.status < 500, `${said(answer)}, not one of 400 to 499.`);
  return answer;
}

/** Throws `Unmet` unless the answer's Content-Type is one of the media types. */
export function requireType(answer: Answer, ...types: readonly string[]): Answer {
  const header = answer.header('Content-Type').slice(0, 200);
  must(
    types.includes(mediaType(header).type),
    `${said(answer)} of Content-Type "${header}", not ${types.join(' or ')}.`,
  );
  return answer;
}

/** What a server answers that has no such service, resource or media type. */
const NOT_OFFERED = [404, 405, 406, 415, 501];

/** Of what the standard leaves to the server: throws `Unmet` of kind `not-offered` when the status says that it has none. */
export function requireOffered(answer: Answer, statuses: readonly number[] = NOT_OFFERED): Answer {
  if (statuses.includes(answer.status)) throw new Unmet(`${said(answer)}.`, 'not-offered');
  return answer;
}

/** `Answered 406 with "text"`: the status and the beginning of a text body. */
function said({ status, header, body }: Answer): string {
  const isText = /json|xml|text/.test(header('Content-Type'));
  const text = isText ? body.toString('utf8', 0, 400).replace(/\s+/g, ' ').trim().slice(0, 160) : '';
  return `Answered ${status}${text === '' ? '' : ` with "${text}"`}`;
}
