// large.json as a page.
const row = (...cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) => [row(...head), row(...head.map((_, i) => (i ? '--:' : '---'))), ...rows].join('\n');
const seconds = (value) => value.toFixed(value < 10 ? 2 : 0);
const count = (value) => Math.round(value).toLocaleString('en');
const percent = (part) => `${Math.round(part * 100)} %`;

const titles = {
  'multi-frame': ({ byteCount, frames }) =>
    `A multi-frame of ${count(byteCount / 1e6)} MB: ${count(frames.count)} frames without compression`,
  jpeg: ({ byteCount, frames }) =>
    `A multi-frame of ${count(frames.count)} JPEG frames, ${count(byteCount / 1e6)} MB, without an offset table`,
  instance: ({ byteCount, frames }) => `An instance of ${count(byteCount)} bytes: ${count(frames.count)} frames`,
  study: ({ byteCount, sizes }) =>
    `A study of ${count(sizes.slices)} slices of ${sizes.sliceSize} × ${sizes.sliceSize}, ${count(byteCount / 1e6)} MB`,
  patient: ({ byteCount, sizes }) =>
    `A patient with ${count(sizes.images)} images (JPG and PNG), ${count(byteCount / 1e6)} MB`,
};

export function reportOf(report, { goalMB }) {
  const phases = Object.keys(titles).filter((name) => report[name]);
  const rows = phases.map((name) => {
    const { idleMB, overIdleMB, idleAfterMB } = report[name];
    return row(
      titles[name](report[name]),
      idleMB,
      idleMB + overIdleMB,
      `**${overIdleMB}**`,
      overIdleMB <= goalMB ? 'yes' : 'no',
      idleAfterMB,
    );
  });
  return `# Large things

\`npm run bench:large\` (one of them: \`-- --only study\`). A server on its embedded chain for each, started as \`npm start\` does; before, it has stored, shown, found and given back a
little of everything (8 slices, 4 images, and the small ones of ../shared/data/dicom/pydicom where that is), so that each of its threads is warm. Resident memory as Linux counts it (VmRSS,
VmHWM), in MB of 10⁶ bytes; *idle* is the median of 4 s, 4 s after that. Whatever is fetched is compared with what was sent. The goal: never more than idle + ${goalMB} MB.

${table(['', 'idle', 'most', 'over idle', `≤ ${goalMB}`, 'idle after'], rows)}

${phases.map((name) => phasePart(name, report[name])).join('\n')}`;
}

function phasePart(name, phase) {
  const { at, commit, machine, steps, frames, sizes } = phase;
  const rows = steps.map(({ title, seconds: time, byteCount, medianMs, medianMB, peakMB, afterMB }) =>
    row(
      title,
      medianMs === undefined ? `${seconds(time)} s` : `${medianMs.toFixed(0)} ms each`,
      byteCount === undefined ? '' : `${(byteCount / 1e6 / time).toFixed(1)} MB/s`,
      medianMB,
      peakMB,
      afterMB,
    ),
  );
  return `## ${titles[name](phase)}

${at}, commit ${commit}, ${machine.cores} × ${machine.cpu}, node ${machine.node}, load ${machine.load.join(' ')} before${name === 'jpeg' || name === 'patient' ? '' : `; data: ${sizes.data}`}.

${table(['', 'time', '', 'RSS, median', 'most', 'after'], rows)}
${frames ? framesPart(frames) : ''}`;
}

function framesPart({ count: frameCount, byteCount, places, cold, warm }) {
  const shown = (times) => times.map((time) => time.toFixed(1));
  return `
A frame of ${count(byteCount / 1000)} KB by where it stands among ${count(frameCount)}; milliseconds, median; the first time it comes from the chain, then from the cache.

${table(['', ...places.map(percent)], [row('first time', ...shown(cold)), row('again', ...shown(warm))])}
`;
}
