import app, { RealmShard as BaseRealmShard, PasswordHasher } from "../../src/index.ts";

/** The deployed Worker, whose shards also accept SQL from a test. */
export class RealmShard extends BaseRealmShard {
  query(query: string): Record<string, SqlStorageValue>[] {
    return this.ctx.storage.sql.exec(query).toArray();
  }
}

export { PasswordHasher };
export default app;
