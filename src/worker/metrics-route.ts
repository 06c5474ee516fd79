import { Hono } from "hono";
import { rejectedSignatures } from "../federation/authenticate-peer.ts";
import { limits } from "../limits.ts";
import { failure } from "../protocol/replies.ts";
import type { RealmContext } from "../shard-api/realm-context.ts";
import type { DestinationReport, ShardStats } from "../shard-api/shard-api.ts";
import { shardNameOf } from "../shard-api/shard-names.ts";
import { type MetricFamily, openMetricsText, type Sample } from "./open-metrics.ts";
import { credentialsOf } from "./request-credentials.ts";
import { requestMetrics } from "./request-metrics.ts";
import { requestLanguage, respond } from "./respond.ts";
import { realmContextOfRequest, type WorkerDeps } from "./worker-deps.ts";

const contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** `GET /metrics`: what a monitoring system reads, with the operator's token. */
export const metricsRoute = new Hono<{ Bindings: WorkerDeps }>().get("/", async ({ req: { raw }, env }) => {
  const context = realmContextOfRequest(env, raw);
  const credentials = credentialsOf(raw, context.config);
  if (credentials.kind !== "operator") {
    const refused = credentials.kind === "none" ? credentials.failure : failure("operator-only");
    return respond((await env.admitLogin(raw)) ?? refused, requestLanguage(raw));
  }
  const families = [...ofRequests(), ...(await ofShards(context))];
  return new Response(openMetricsText(families), {
    headers: { "Content-Type": contentType, "Cache-Control": "no-store" },
  });
});

/** Of this process, or of the Worker isolate that answers. */
function ofRequests(): MetricFamily[] {
  const { buckets, sum, count } = requestMetrics.histogram;
  return [
    {
      name: "ranah_requests",
      type: "counter",
      help: "Requests of POST /command and POST /commands, by command and error code.",
      samples: requestMetrics.counts.entries().map(([key, value]) => {
        const [command = "", code = ""] = [key.slice(0, key.lastIndexOf(" ")), key.slice(key.lastIndexOf(" ") + 1)];
        return { suffix: "_total", labels: { command, code }, value };
      }),
    },
    {
      name: "ranah_request_seconds",
      type: "histogram",
      help: "Time from the line of a command to its answer.",
      samples: [
        ...buckets.map(({ le, count }) => ({ suffix: "_bucket", labels: { le }, value: count })),
        { suffix: "_sum", value: sum },
        { suffix: "_count", value: count },
      ],
    },
    {
      name: "ranah_rejected_signatures",
      type: "counter",
      help: "Requests of other realms that were not verified, by reason.",
      samples: rejectedSignatures.entries().map(([reason, value]) => ({ suffix: "_total", labels: { reason }, value })),
    },
  ];
}

async function ofShards({ realm, config, shards }: RealmContext): Promise<MetricFamily[]> {
  const names = Array.from({ length: config.shards }, (_, index) => shardNameOf(realm, index));
  const stats = await Promise.all(names.map((name) => shards.get(name).collectStats()));
  const page = { past: "", limit: limits.realmsPage };
  const reports = (await Promise.all(names.map((name) => shards.get(name).reportDestinations(page)))).flat();
  const now = Date.now();
  const perShard = (value: (stats: ShardStats) => number, suffix?: string): Sample[] =>
    stats.map((each, index) => ({ ...(suffix && { suffix }), labels: { shard: String(index) }, value: value(each) }));
  const gauge = (name: string, help: string, value: (stats: ShardStats) => number): MetricFamily => {
    return { name: `ranah_${name}`, type: "gauge", help, samples: perShard(value) };
  };
  const counter = (name: string, help: string, value: (stats: ShardStats) => number): MetricFamily => {
    return { name: `ranah_${name}`, type: "counter", help, samples: perShard(value, "_total") };
  };
  return [
    gauge("accounts", "Accounts.", ({ accounts }) => accounts),
    gauge("messages", "Stored messages, counted every 256 of a log.", ({ messages }) => messages),
    gauge("stored_bytes", "Bytes of stored messages, counted as messages are.", ({ bytes }) => bytes),
    gauge("sockets", "Open live sockets.", ({ sockets }) => sockets),
    gauge("queued_messages", "Messages that wait for other shards and realms.", ({ queued }) => queued),
    gauge("oldest_queued_seconds", "Age of the oldest of them.", ({ oldestQueuedAt }) =>
      oldestQueuedAt === null ? 0 : Math.max(0, (now - oldestQueuedAt) / 1000),
    ),
    counter("commits", "Commits since the shard started.", ({ commits }) => commits),
    counter("writes", "Writes in these commits.", ({ writes }) => writes),
    ofRealms(
      "peer_queued_messages",
      "Messages that wait for a realm.",
      reports,
      (a, b) => a + b,
      ({ queued }) => queued,
    ),
    ofRealms("peer_failures", "Failed attempts in a row.", reports, Math.max, ({ failures }) => failures),
  ];
}

function ofRealms(
  name: string,
  help: string,
  reports: readonly DestinationReport[],
  combine: (a: number, b: number) => number,
  value: (report: DestinationReport) => number,
): MetricFamily {
  const byRealm = new Map<string, number>();
  for (const report of reports) {
    byRealm.set(report.realm, combine(byRealm.get(report.realm) ?? 0, value(report)));
  }
  const samples = [...byRealm].map(([realm, count]) => ({ labels: { realm }, value: count }));
  return { name: `ranah_${name}`, type: "gauge", help, samples };
}
