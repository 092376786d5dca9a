/** 8-bit gray (`channels` 1) or R, G, B of each pixel, row by row from the top left. */
export interface Picture {
  pixels: Uint8Array;
  width: number;
  height: number;
  channels: 1 | 3;
}
