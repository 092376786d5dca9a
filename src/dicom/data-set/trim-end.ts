/**
 * The text without the `characters` at its end, by default NULs and spaces. Its time grows with the length of the text;
 * that of `/[\0 ]+$/` grows with the square where many spaces stand before something else.
 */
export function trimEnd(text: string, characters = '\0 '): string {
  let end = text.length;
  while (end > 0 && characters.includes(text[end - 1]!)) end--;
  return text.slice(0, end);
}
