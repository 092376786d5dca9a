declare module 'dcmjs' {
  class WriteBufferStream {
    constructor(initialBytes: number, littleEndian: boolean);
    getBuffer(): ArrayBuffer;
  }

  const dcmjs: {
    data: {
      WriteBufferStream: typeof WriteBufferStream;
      DicomMessage: {
        /** Keys are eight upper-case hex digits and are written in their order; text is written as UTF-8. */
        write(
          elements: Record<string, { vr: string; Value: unknown[] }>,
          stream: WriteBufferStream,
          transferSyntaxUID: string,
          options: object,
        ): number;
      };
    };
  };
  export default dcmjs;
}
