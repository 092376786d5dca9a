/** The four methods of §3.4. */
export const methods = ['patient', 'image'].flatMap((level) =>
  [false, true].map((withPreview) => ({ level, withPreview, name: nameOf({ level, withPreview }) })),
);

function nameOf({ level, withPreview }) {
  return `${level}-level ${withPreview ? 'with' : 'without'} preview`;
}

/** Every method so often; those of one repeat follow one another, so that what is compared was measured at the same time. */
export function passesOf(implementation, repeats) {
  return Array.from({ length: repeats }, (_, i) =>
    methods.map((method) => ({ ...method, implementation, repeat: i + 1 })),
  ).flat();
}

/**
 * What a pass stores and loads together: a patient's images, or each image as if it had a patient of its own. An added image takes
 * the paper's method a third of an hour, so only the first repeat has it.
 */
export function unitsOf(patients, { level, repeat }) {
  const own = patients.filter(({ isAdded }) => !isAdded || repeat === 1);
  return own.flatMap((patient) => {
    const { id, images, isAdded = false } = patient;
    if (level === 'patient') return [{ id, patient, images, isAdded }];
    return images.map((image, i) => ({ id: `${id}#${i + 1}`, patient, images: [image], isAdded }));
  });
}

/** Of a record; `what` is stored or loaded. */
export const keyOf = (what, { implementation, level, withPreview, repeat }, { id }) =>
  [what, implementation, level, withPreview ? 'with' : 'without', repeat, id].join('/');
