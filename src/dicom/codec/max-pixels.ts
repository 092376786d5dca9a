/** Pictures of more are not decoded: 8,192 × 8,192, far above any detector, far below what exhausts memory. */
export const maxPixels = 2 ** 26;
