/** Whether a codec in WebAssembly has broken off: it is in no state to be used again, and has to be thrown away with its thread. */
export function hasTrapped(error: unknown): boolean {
  return error instanceof Error && (error.name === 'RuntimeError' || hasTrapped(error.cause));
}
