import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { HttpLoad, LoadResult } from "./load.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const run = promisify(execFile);

/** Whether wrk is installed. It takes a tenth of the processor time of a load generator in JavaScript. */
export function hasWrk(): Promise<boolean> {
  isInstalled ??= run("wrk", ["-v"]).then(
    () => true,
    // `wrk -v` prints its version and exits with 1.
    (error: { stdout?: string }) => /^wrk /.test(error.stdout ?? ""),
  );
  return isInstalled;
}

let isInstalled: Promise<boolean> | undefined;

const folder = temporaryFolder();
let scripts = 0;

/** Generates a load with wrk (https://github.com/wg/wrk) in one thread. */
export async function runWrk({ url, connections, seconds, requests }: HttpLoad): Promise<LoadResult> {
  const script = join(folder, `${scripts++}.lua`);
  writeFileSync(script, scriptOf(requests));
  // wrk counts whole seconds.
  const duration = `${Math.max(1, Math.round(seconds))}s`;
  const args = ["-t1", `-c${connections}`, `-d${duration}`, "--timeout", "20s", "-s", script, url];
  const { stdout } = await run("wrk", args, { maxBuffer: 2 ** 24 });
  const line = stdout.split("\n").find((each) => each.startsWith("result ")) ?? "";
  const [count = 0, microseconds = 1, p50 = 0, p99 = 0, max = 0, failed = 0] = line.split(" ").slice(1).map(Number);
  return { count, perSecond: (count * 1e6) / microseconds, p50: p50 / 1000, p99: p99 / 1000, max: max / 1000, failed };
}

/** Formats every request once, and sends them in turn. */
function scriptOf(requests: HttpLoad["requests"]): string {
  const list = requests.map(({ headers, body }) => {
    const pairs = Object.entries(headers).map(([name, value]) => `[${lua(name)}]=${lua(value)}`);
    return `{{${pairs.join(",")}},${lua(body)}}`;
  });
  return `local requests = {${list.join(",\n")}}
local texts, n = {}, 0
function init(args)
  for i, each in ipairs(requests) do texts[i] = wrk.format("POST", nil, each[1], each[2]) end
end
function request()
  n = n % #texts + 1
  return texts[n]
end
function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format("result %d %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), latency.max, e.connect + e.read + e.write + e.status + e.timeout))
end
`;
}

/** A Lua string. JSON escapes more than Lua knows, so bytes outside printable ASCII are written as numbers. */
function lua(text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) =>
    byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c
      ? `\\${String(byte).padStart(3, "0")}`
      : String.fromCharCode(byte),
  );
  return `"${bytes.join("")}"`;
}
