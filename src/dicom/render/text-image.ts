import sharp from 'sharp';

/** Text as a picture to be laid on another. */
export interface TextImage {
  png: Buffer;
  left: number;
  top: number;
}

const MARGIN_PIXELS = 4;
const LEAST_FONT_PIXELS = 11;

let fonts: Promise<boolean> | undefined;

/**
 * The lines in white on black for the upper left corner of a picture of that size, made smaller where they would not fit.
 * Undefined when this machine has no fonts, or the picture is too small to write on.
 */
export async function drawText(
  lines: readonly string[],
  { width, height }: { width: number; height: number },
): Promise<TextImage | undefined> {
  fonts ??= haveFonts();
  if (!(await fonts) || Math.min(width, height) < 4 * MARGIN_PIXELS) return undefined;
  const fontPixels = Math.max(LEAST_FONT_PIXELS, Math.round(Math.min(width, height) / 36));
  const markup = `<span foreground="white" background="black">${lines.map(escaped).join('\n')}</span>`;
  const png = await sharp({ text: { text: markup, font: `sans ${fontPixels}`, dpi: 72, rgba: true } })
    .resize({
      width: width - 2 * MARGIN_PIXELS,
      height: height - 2 * MARGIN_PIXELS,
      fit: 'inside',
      withoutEnlargement: true,
    })
    .png()
    .toBuffer();
  return { png, left: MARGIN_PIXELS, top: MARGIN_PIXELS };
}

/** Without fonts every letter is a box of the same width. */
export async function haveFonts(): Promise<boolean> {
  const widths = await Promise.all(
    ['I', 'W'].map(async (text) => {
      const { info } = await sharp({ text: { text, font: 'sans 24', dpi: 72 } })
        .png()
        .toBuffer({ resolveWithObject: true });
      return info.width;
    }),
  ).catch(() => [0, 0]);
  return widths[0] !== widths[1];
}

function escaped(line: string): string {
  return line
    .slice(0, 100)
    .replace(/\p{Cc}/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
