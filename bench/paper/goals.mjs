/** The goals that this experiment can show, with what was reached: `isMet` is null where it was not measured. */
export function goalsOf({ wholeSample, firstViewPeriods, scopes }) {
  const { firstView } = scopes.sample;
  const { eightInFlight, oneAtATime } = wholeSample.ratios;
  const slower = ['patient', 'image'].map((level) => firstView[level]?.slowerThanPaperWithPreview);
  const ratio = (level) => firstView[level]?.ratioToPaperWithoutPreview;
  return [
    goal('Whole sample, 8 in flight: times faster than the paper’s method (floor 50)', 100, eightInFlight, atLeast),
    goal('Whole sample, one at a time: times faster (reported, no goal)', null, oneAtATime),
    goal(
      'First view of an image at the other site, one at a time: p95 in block periods',
      2,
      firstViewPeriods.oneAtATime?.p95,
      atMost,
    ),
    goal(
      'First view, patient-level: times faster than without preview in the paper’s method',
      30,
      ratio('patient'),
      atLeast,
    ),
    goal(
      'First view, image-level: times faster than without preview in the paper’s method',
      30,
      ratio('image'),
      atLeast,
    ),
    goal('Patients whose first view is slower than with the paper’s preview', 0, slower[0], atMost),
    goal('Images whose first view is slower than with the paper’s preview', 0, slower[1], atMost),
  ];
}

const atLeast = (value, target) => value >= target;
const atMost = (value, target) => value <= target;

function goal(what, target, value, reaches) {
  const known = value !== undefined && value !== null;
  return { what, target, value: known ? value : null, isMet: known && reaches ? reaches(value, target) : null };
}
