import type { Transport } from "../delivery/delivery-queues.ts";
import type { RetryPolicy } from "../delivery/retry-policy.ts";
import type { PasswordHashing } from "../hasher/scrypt.ts";
import type { LiveSockets } from "../live/live-socket.ts";
import type { OutboundItem } from "../shard-api/outbound-items.ts";
import type { ShardDirectory } from "../shard-api/shard-api.ts";
import type { AlarmPort } from "../storage/alarm-schedule.ts";
import type { Clock, Random, Timer } from "../storage/clock.ts";
import type { CommitScheduler, SqlDriver } from "../storage/sql.ts";

/** Everything that a shard needs of its host. The shard knows nothing else of it. */
export interface ShardPorts {
  driver: SqlDriver;
  scheduleCommit: CommitScheduler;
  alarm: AlarmPort;
  sockets: LiveSockets;
  /** Calls to the other shards of the deployment. */
  shards: ShardDirectory;
  hashing: PasswordHashing;
  /** HTTPS to other realms. */
  fetch: typeof fetch;
  /** Whether a TCP connection can be opened. Only for hosts whose `fetch` does not tell DNS failures from TLS failures. */
  canConnect?: (hostname: string, port: number) => Promise<boolean>;
  /** The time of day. It can step in both directions. */
  clock: Clock;
  /** For durations while the process lives: it never goes back, and no step of `clock` moves it. */
  monotonic: Clock;
  /** The platform keeps `clock` right, and the shard may sleep for any time. Otherwise `ClockHistory` looks for steps. */
  hasTrustedClock: boolean;
  random: Random;
  timer: Timer;
  /** Replaced in tests only: delivery to other shards and realms. */
  transport?: Transport<OutboundItem>;
  /** Replaced in tests only. */
  retryPolicy?: RetryPolicy;
}
