// The settings of the server as a file for people: each one's meaning, and its default behind a "#".
const WIDTH = 110;

/** Not there: the first is fixed by the unit unless it is set, the second is a secret, and this file may be read by all. */
const LEFT_OUT = ['SITE_KEY'];

/** Where something else than the default of `npm start` applies. */
const DEFAULTS = { DATA_DIR: '/var/lib/dicom-ledger' };

/** The text below the head of the file; `settings` is the table of src/config.ts. */
export function settingsText(settings) {
  return Object.entries(settings)
    .filter(([name]) => !LEFT_OUT.includes(name))
    .map(([name, { unit, sentence, default: fallback }]) => {
      const meaning = wrapped(`${unit[0].toUpperCase()}${unit.slice(1)}. ${sentence}`);
      return `${meaning.map((line) => `# ${line}\n`).join('')}#${name}=${DEFAULTS[name] ?? fallback ?? ''}\n`;
    })
    .join('\n');
}

function wrapped(text) {
  const lines = [''];
  for (const word of text.split(' '))
    if (`${lines.at(-1)} ${word}`.length > WIDTH) lines.push(word);
    else lines.push(`${lines.pop()} ${word}`.trim());
  return lines;
}
