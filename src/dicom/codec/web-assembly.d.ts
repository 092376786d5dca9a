/** What is used of the WebAssembly JavaScript interface; TypeScript describes it only together with a browser's. */
declare namespace WebAssembly {
  class Module {}
  class Memory {
    readonly buffer: ArrayBuffer;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
  function instantiate(
    module: Module,
    imports: Record<string, Record<string, (...parameters: number[]) => number>>,
  ): Promise<{ exports: Record<string, unknown> }>;
}
