export interface MeanTime {
  mean: number;
  sd: number;
}
export interface Scope {
  times: Record<string, Record<string, Record<string, MeanTime>>>;
  ratios: Record<string, Record<string, number>>;
  statistics: Record<string, Record<string, { n: number; t: number | null; p: number | null; pcc: number | null }>>;
  firstView: Record<string, { units: number; ratioToPaperWithoutPreview: number; slowerThanPaperWithPreview: number }>;
}
export interface Summary {
  scopes: { sample: Scope; withoutAddedImage?: Scope };
  transactions: Record<string, Record<string, { count: number; byteCount: number; previewBytes: number }>>;
  wholeSample: { ratios: { oneAtATime: number | null; eightInFlight: number | null } };
}
export function summarise(records: readonly object[], settings: { periodSeconds: number }): Summary;
