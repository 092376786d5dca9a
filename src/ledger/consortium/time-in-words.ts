/** A block's time in seconds, as ISO 8601 to the second. */
export function timeInWords(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19)}Z`;
}
