/** The first of 0 … `count - 1` for which `holds` says yes, `count` when it says no to all. A yes must be followed by nothing but yes. */
export function firstIndex(count: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
