import { crc32, deflateSync, inflateSync } from "node:zlib";

/**
 * Reduces a screenshot to 256 colours, which halves its size. Reads the PNG that Chromium writes (8 bits, RGB or RGBA, not
 * interlaced) and writes PNG with a palette (W3C PNG, third edition).
 */
export function withPalette(png: Buffer): Buffer {
  const { header, pixels, width, height } = decode(png);
  const counts = new Map<number, number>();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const palette = [...counts].sort(([, one], [, other]) => other - one).slice(0, 256);
  const colours = palette.map(([colour]) => colour);
  const indexes = new Map<number, number>(colours.map((colour, index) => [colour, index]));

  const rows = Buffer.alloc((width + 1) * height);
  pixels.forEach((colour, at) => {
    let index = indexes.get(colour);
    if (index === undefined) {
      index = nearest(colours, colour);
      indexes.set(colour, index);
    }
    // Each row begins with its filter type; 0 means no filter.
    rows[at + Math.floor(at / width) + 1] = index;
  });

  const start = Buffer.from(header);
  start[9] = 3;
  return Buffer.concat([
    png.subarray(0, 8),
    chunk("IHDR", start),
    chunk("PLTE", Buffer.from(colours.flatMap(channels))),
    chunk("IDAT", deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function decode(png: Buffer) {
  const parts: Buffer[] = [];
  let header: Buffer = Buffer.alloc(0);
  for (let at = 8; at < png.length; ) {
    const end = at + 8 + png.readUInt32BE(at);
    const name = png.toString("latin1", at + 4, at + 8);
    if (name === "IHDR") header = png.subarray(at + 8, end);
    if (name === "IDAT") parts.push(png.subarray(at + 8, end));
    at = end + 4;
  }
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const step = header[9] === 6 ? 4 : 3;
  const bytes = unfiltered(inflateSync(Buffer.concat(parts)), width * step, height, step);
  const pixels = new Uint32Array(width * height);
  for (let n = 0; n < pixels.length; n++) pixels[n] = bytes.readUIntBE(n * step, 3);
  return { header, pixels, width, height };
}

/** Removes the filters of the rows (W3C PNG, section 9). */
function unfiltered(raw: Buffer, stride: number, height: number, step: number): Buffer {
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x < step ? 0 : (out[at - step] ?? 0);
      const up = y === 0 ? 0 : (out[at - stride] ?? 0);
      const corner = x < step || y === 0 ? 0 : (out[at - stride - step] ?? 0);
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter ?? 0] ?? 0;
      out[at] = (raw[y * (stride + 1) + 1 + x] ?? 0) + guess;
    }
  }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

function nearest(colours: number[], colour: number): number {
  const distance = (other: number) => {
    const theirs = channels(other);
    return channels(colour).reduce((sum, value, n) => sum + (value - (theirs[n] ?? 0)) ** 2, 0);
  };
  return colours.reduce((best, other, n) => (distance(other) < distance(colours[best] ?? 0) ? n : best), 0);
}

function channels(colour: number): number[] {
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
