export interface SamplePatient {
  byteCount: number;
  images: readonly unknown[];
}
export function drawSample<P extends SamplePatient>(patients: readonly P[], count: number): P[];
