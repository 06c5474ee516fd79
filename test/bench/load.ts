import autocannon, { type Result } from "autocannon";

/** Requests that go round and round over some connections for some time. */
export interface HttpLoad {
  kind: "http";
  url: string;
  connections: number;
  seconds: number;
  requests: { headers: Record<string, string>; body: string }[];
  /** A whole answer may hold errors: then it is read, and what has one has failed. */
  isRead?: boolean;
  /** A load of its own that goes on meanwhile, and whose numbers nobody wants. */
  behind?: Omit<HttpLoad, "behind">;
}
/** Commands over live sockets, each of which has some unanswered at any time. */
export interface LiveLoad {
  kind: "live";
  url: string;
  tokens: string[];
  lines: string[];
  seconds: number;
  unanswered: number;
}
export type Load = HttpLoad | LiveLoad;

/** What came of a load. Times are milliseconds. */
export interface Loaded {
  count: number;
  perSecond: number;
  p50: number;
  p99: number;
  max: number;
  /** Requests that were not answered 200. */
  failed: number;
}

// The process that makes the load: its own work shall not delay the clock of what it measures elsewhere.
process.on("message", async (load: Load) => process.send?.(await (load.kind === "http" ? http(load) : live(load))));
process.on("disconnect", () => process.exit());

async function http({ behind, ...load }: HttpLoad): Promise<Loaded> {
  const other = behind && cannon({ ...behind, seconds: load.seconds + 0.3 }).run;
  if (behind) await new Promise((resolve) => setTimeout(resolve, 200));
  const { run, times, started } = cannon(load);
  const results = [await run, await other];
  return summary(
    times,
    started,
    results.reduce((sum, result) => sum + (result ? failuresOf(result) : 0), 0),
  );
}

const failuresOf = (result: Result) => result.errors + result.timeouts + result.non2xx + result.mismatches;

function cannon({ url, connections, seconds, requests, isRead }: Omit<HttpLoad, "behind">) {
  const times: number[] = [];
  const started = performance.now();
  const run = autocannon({
    url,
    connections,
    duration: seconds,
    method: "POST",
    requests,
    sampleInt: 50,
    ...(isRead && { verifyBody: (body: string) => !body.includes('"status":"ERROR"') }),
  });
  run.on("response", (_client, _status, _bytes, ms) => times.push(ms));
  return { run, times, started };
}

async function live({ url, tokens, lines, seconds, unanswered }: LiveLoad): Promise<Loaded> {
  const times: number[] = [];
  let failed = 0;
  const sockets = await Promise.all(tokens.map((token) => opened(new WebSocket(url, ["ranah", token]))));
  const started = performance.now();
  const until = started + seconds * 1000;
  await Promise.all(
    sockets.map((socket, index) => {
      const sent: number[] = [];
      let next = index;
      const send = () => {
        sent.push(performance.now());
        socket.send(lines[next++ % lines.length] ?? "");
      };
      return new Promise<void>((done) => {
        socket.addEventListener("message", ({ data }) => {
          if (!data.startsWith('{"status"')) return;
          if (!data.startsWith('{"status":"OK"')) failed++;
          const now = performance.now();
          times.push(now - (sent.shift() ?? now));
          if (now < until) send();
          else if (sent.length === 0) done();
        });
        for (let n = 0; n < unanswered; n++) send();
      });
    }),
  );
  const result = summary(times, started, failed);
  for (const socket of sockets) socket.close();
  return result;
}

function opened(socket: WebSocket): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    socket.addEventListener("open", () => resolve(socket));
    socket.addEventListener("error", () => reject(new Error("the socket was refused")));
  });
}

function summary(times: number[], started: number, failed: number): Loaded {
  const seconds = (performance.now() - started) / 1000;
  const sorted = Float64Array.from(times).sort();
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
  return { count: times.length, perSecond: times.length / seconds, p50: at(0.5), p99: at(0.99), max: at(1), failed };
}
