import autocannon, { type Result } from "autocannon";
import { openSocket } from "./commands.ts";
import { hasWrk, runWrk } from "./wrk.ts";

/** Requests that repeat in order over some connections for some time. */
export interface HttpLoad {
  kind: "http";
  url: string;
  connections: number;
  seconds: number;
  requests: { headers: Record<string, string>; body: string }[];
  /** A bulk answer can contain errors in spite of its status, so its body is checked. */
  checksReplies?: boolean;
  /** A second load that runs at the same time and is not measured. */
  background?: Omit<HttpLoad, "background">;
}
/** Commands over live sockets. Each socket keeps `inFlight` commands unanswered. */
export interface LiveLoad {
  kind: "live";
  url: string;
  tokens: string[];
  lines: string[];
  seconds: number;
  inFlight: number;
}
export type Load = HttpLoad | LiveLoad;

/** Times are milliseconds. */
export interface LoadResult {
  count: number;
  perSecond: number;
  p50: number;
  p99: number;
  max: number;
  /** Requests without a successful answer. */
  failed: number;
}

// This file is the main module of the load generator's process.
process.on("message", async (load: Load) =>
  process.send?.(await (load.kind === "http" ? runHttpLoad(load) : runLiveLoad(load))),
);
process.on("disconnect", () => process.exit());

/** wrk reads no bodies, so autocannon checks those of bulk requests; and only autocannon runs for less than a second. */
async function runHttpLoad(load: HttpLoad): Promise<LoadResult> {
  const usesWrk = !load.checksReplies && !load.background && load.seconds >= 1 && (await hasWrk());
  return usesWrk ? runWrk(load) : runAutocannon(load);
}

async function runAutocannon({ background, ...load }: HttpLoad): Promise<LoadResult> {
  const other = background && startAutocannon({ ...background, seconds: load.seconds + 0.3 }).run;
  if (background) await new Promise((resolve) => setTimeout(resolve, 200));
  const { run, times, started } = startAutocannon(load);
  const results = [await run, await other];
  return summarize(
    times,
    started,
    results.reduce((sum, result) => sum + (result ? failuresOf(result) : 0), 0),
  );
}

const failuresOf = (result: Result) => result.errors + result.timeouts + result.non2xx + result.mismatches;

function startAutocannon({ url, connections, seconds, requests, checksReplies }: Omit<HttpLoad, "background">) {
  const times: number[] = [];
  const started = performance.now();
  const run = autocannon({
    url,
    connections,
    duration: seconds,
    method: "POST",
    requests,
    sampleInt: 50,
    ...(checksReplies && { verifyBody: (body: string) => !body.includes('"status":"ERROR"') }),
  });
  run.on("response", (_client, _status, _bytes, ms) => times.push(ms));
  return { run, times, started };
}

async function runLiveLoad({ url, tokens, lines, seconds, inFlight }: LiveLoad): Promise<LoadResult> {
  const times: number[] = [];
  let failed = 0;
  const sockets = await Promise.all(tokens.map((token) => openSocket(url, token)));
  const started = performance.now();
  const until = started + seconds * 1000;
  await Promise.all(
    sockets.map((socket, index) => {
      const sentAt: number[] = [];
      let next = index;
      const send = () => {
        sentAt.push(performance.now());
        socket.send(lines[next++ % lines.length] ?? "");
      };
      return new Promise<void>((done) => {
        socket.addEventListener("message", ({ data }) => {
          if (!data.startsWith('{"status"')) return;
          if (!data.startsWith('{"status":"OK"')) failed++;
          const now = performance.now();
          times.push(now - (sentAt.shift() ?? now));
          if (now < until) send();
          else if (sentAt.length === 0) done();
        });
        for (let n = 0; n < inFlight; n++) send();
      });
    }),
  );
  const result = summarize(times, started, failed);
  for (const socket of sockets) socket.close();
  return result;
}

function summarize(times: number[], started: number, failed: number): LoadResult {
  const seconds = (performance.now() - started) / 1000;
  const sorted = Float64Array.from(times).sort();
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
  return { count: times.length, perSecond: times.length / seconds, p50: at(0.5), p99: at(0.99), max: at(1), failed };
}
