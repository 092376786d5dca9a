/**
 * The text without those of `characters` that stand at its end, NULs and spaces unless told. Takes no longer than the text:
 * `/[\0 ]+$/` takes the square of it where spaces stand before something else.
 */
export function trimEnd(text: string, characters = '\0 '): string {
  let end = text.length;
  while (end > 0 && characters.includes(text[end - 1]!)) end--;
  return text.slice(0, end);
}
