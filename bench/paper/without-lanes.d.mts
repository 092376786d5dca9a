export function withoutLanes(
  records: readonly object[],
  calibration: { lanes: number; pieceMsAlone: number },
): { pieceMsInRun: number; records: object[] };
