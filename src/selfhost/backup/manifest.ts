import * as v from "valibot";
import { parseRealm } from "../../protocol/names.ts";

/** The name of the manifest in a backup. It is no path of a shard. */
export const manifestFile = "manifest.json";

/** The path of a shard in a data folder and in a backup, such as `surabaya/0.sqlite`. */
export function isShardPath(path: string): boolean {
  const [realm = "", file = "", ...more] = path.split("/");
  return more.length === 0 && parseRealm(realm) !== null && /^\d{1,2}\.sqlite$/.test(file);
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const manifest = v.object({
  /** The form of the backup. */
  format: v.literal(1),
  /** ISO 8601. */
  time: v.string(),
  shards: v.array(
    v.object({
      path: v.pipe(v.string(), v.check(isShardPath)),
      bytes: count,
      sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
      schemaVersion: count,
      /** The number of rows by table. */
      rows: v.record(v.string(), count),
    }),
  ),
});
/** What a backup contains. */
export type BackupManifest = v.InferOutput<typeof manifest>;
export type ShardEntry = BackupManifest["shards"][number];

/** @throws where the text is no manifest */
export function parseManifest(text: string): BackupManifest {
  return v.parse(manifest, JSON.parse(text), { abortEarly: true });
}
