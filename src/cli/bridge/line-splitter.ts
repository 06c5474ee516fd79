/** Cuts a stream of bytes into lines, wherever its segments end. The bytes of a line are joined once, when its end has come. */
export class LineSplitter {
  /** Whether LF alone ends a line, too. Otherwise it is a part of the text. */
  readonly #acceptsLf: boolean;
  #parts: Buffer[] = [];
  #size = 0;

  constructor(acceptsLf: boolean) {
    this.#acceptsLf = acceptsLf;
  }

  /** Bytes of the line that has no end yet. */
  get pendingBytes(): number {
    return this.#size;
  }

  /** @returns the lines that these bytes complete, without their ends */
  push(bytes: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf("\n"); end >= 0; end = bytes.indexOf("\n", end + 1)) {
      const before = end > start ? bytes[end - 1] : this.#lastByte(start === 0);
      const isCrLf = before === 0x0d;
      if (!isCrLf && !this.#acceptsLf) continue;
      this.#keep(bytes.subarray(start, end));
      const line = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
      lines.push(isCrLf ? line.subarray(0, -1) : line);
      this.#parts = [];
      this.#size = 0;
      start = end + 1;
    }
    this.#keep(bytes.subarray(start));
    return lines;
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#parts.push(bytes);
    this.#size += bytes.length;
  }

  /** The last byte of the earlier segments, if the present one has not begun a line of its own. */
  #lastByte(isContinued: boolean): number | undefined {
    return isContinued ? this.#parts.at(-1)?.at(-1) : undefined;
  }
}
