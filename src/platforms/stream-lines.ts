/** As much of a line as is kept: what follows of it is dropped, so that an endless line does not fill our memory. */
const LINE_BYTES = 64 * 1024;
const NEWLINE = 10;

/** Makes lines of a stream of bytes. */
export class StreamLines {
  private readonly decoder = new TextDecoder();
  private parts: Uint8Array[] = [];
  private size = 0;

  /** The lines that end within these bytes. */
  take(bytes: Uint8Array): readonly string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.keep(bytes.subarray(start, end));
      lines.push(this.rest());
      start = end + 1;
    }
    this.keep(bytes.subarray(start));
    return lines;
  }

  /** What came after the last newline; it is forgotten. */
  rest(): string {
    const line = new Uint8Array(this.size);
    let at = 0;
    for (const part of this.parts) {
      line.set(part, at);
      at += part.byteLength;
    }
    this.parts = [];
    this.size = 0;
    return this.decoder.decode(line).replace(/\r$/, '');
  }

  private keep(bytes: Uint8Array): void {
    const kept = bytes.slice(0, LINE_BYTES - this.size);
    if (kept.byteLength === 0) return;
    this.parts.push(kept);
    this.size += kept.byteLength;
  }
}
