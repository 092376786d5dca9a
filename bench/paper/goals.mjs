/** The goals that this experiment can show, with what was reached: `isMet` is null where it was not measured. */
export function goalsOf({ wholeSample, firstViewPeriods, scopes }) {
  const { eightInFlight, oneAtATime } = wholeSample.ratios;
  return [
    goal("Storing the whole sample, 8 in flight: times faster than the paper's method (floor 50)", {
      ...{ target: 100, value: eightInFlight, reaches: atLeast },
    }),
    goal('Storing the whole sample, one at a time: times faster (reported, no goal)', { value: oneAtATime }),
    goal('First view of an image at the other site, one at a time: p95 in block periods', {
      ...{ target: 2, value: firstViewPeriods.oneAtATime?.p95, reaches: atMost },
    }),
    ...Object.entries(scopes).flatMap(([scope, { firstView }]) =>
      ['patient', 'image'].flatMap((level) => firstViewGoals(level, firstView[level], scopeNames[scope])),
    ),
  ];
}

const scopeNames = { sample: '', withoutAddedImage: ', without the added image' };

function firstViewGoals(level, found, scope) {
  return [
    goal(`First view, ${level}-level${scope}: times faster than the paper's method without preview`, {
      ...{ target: 30, value: found?.ratioToPaperWithoutPreview, reaches: atLeast },
    }),
    goal(`First view, ${level}-level${scope}: how many are slower than with the paper's method with preview`, {
      ...{ target: 0, value: found?.slowerThanPaperWithPreview, reaches: atMost },
    }),
  ];
}

const atLeast = (value, target) => value >= target;
const atMost = (value, target) => value <= target;

function goal(what, { target = null, value = null, reaches }) {
  return { what, target, value, isMet: value !== null && reaches ? reaches(value, target) : null };
}
