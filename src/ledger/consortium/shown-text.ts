/**
 * A text of somebody else's in quotes, so that a terminal shows what is there: what has no shape of its own is spelled as U+…, and signs
 * beyond ASCII, which may look like others, are named behind it.
 */
export function shownText(text: string): string {
  const signs = [...text];
  const shown = signs.map((sign) => (/[\p{C}\p{Z}]/u.test(sign) && sign !== ' ' ? `<${codeOf(sign)}>` : sign)).join('');
  const others = [...new Set(signs.filter((sign) => sign > '\u007e' && !/[\p{C}\p{Z}]/u.test(sign)))].map(codeOf);
  return `"${shown.replace(/["\\]/g, '\\$&')}"${others.length === 0 ? '' : ` (with ${others.join(', ')})`}`;
}

function codeOf(sign: string): string {
  return `U+${sign.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}
