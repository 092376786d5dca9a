/** An action of a command that is loaded when the command is called: no other command waits for it. */
export function lazily<Parameters extends unknown[]>(
  load: () => Promise<(...parameters: Parameters) => Promise<unknown>>,
): (...parameters: Parameters) => Promise<void> {
  return async (...parameters) => {
    await (
      await load()
    )(...parameters);
  };
}
