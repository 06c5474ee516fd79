import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { compressPage } from "../../src/selfhost/compress-page.ts";

const text = "halo ".repeat(1_000);
const immutable = { "Cache-Control": "public, max-age=31536000, immutable", Vary: "Accept" };

function compress(accepted: string | null, path: string, init: ResponseInit = { headers: immutable }) {
  const headers: Record<string, string> = accepted === null ? {} : { "accept-encoding": accepted };
  return compressPage(new Request(`http://surabaya.example${path}`, { headers }), new Response(text, init));
}

test.each([
  ["gzip, deflate, br", "br", brotliDecompressSync],
  ["gzip, deflate", "gzip", gunzipSync],
] as const)(
  "a file is compressed for a client that accepts %j, each time the same",
  async (accepted, encoding, unpack) => {
    for (let n = 0; n < 2; n++) {
      const response = await compress(accepted, "/assets/a.js");
      expect(response.headers.get("content-encoding")).toBe(encoding);
      expect(response.headers.get("vary")).toBe("Accept, Accept-Encoding");
      const bytes = new Uint8Array(await response.arrayBuffer());
      expect(bytes.length).toBeLessThan(text.length / 10);
      expect(unpack(bytes).toString()).toBe(text);
    }
  },
);

test.each([
  ["a client that accepts none", null, { headers: immutable }],
  ["a client that refuses them", "br;q=0, gzip;q=0", { headers: immutable }],
  ["a reply to a command", "br", {}],
  ["an error", "br", { status: 404, headers: immutable }],
] as const)("the body stays as it is: %s", async (_, accepted, init) => {
  const response = await compress(accepted, "/assets/b.js", init);
  expect(response.headers.get("content-encoding")).toBeNull();
  expect(await response.text()).toBe(text);
});
