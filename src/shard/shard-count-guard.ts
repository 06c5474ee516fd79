import { limits } from "../limits.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import { first, type Sql } from "../storage/sql.ts";

/**
 * A realm's shard count is written down when its first object is born, since it decides where every name lives. With
 * another count accounts would seem to be gone, and new ones would be made in their place.
 */
export class Birth {
  readonly #sql: Sql;
  readonly #write: <T>(work: () => T) => Promise<T>;
  readonly #configured: number;
  #born: number | null;

  constructor(sql: Sql, write: <T>(work: () => T) => Promise<T>, configured: number) {
    this.#sql = sql;
    this.#write = write;
    this.#configured = configured;
    this.#born = this.#stored();
  }

  /** Whether this object is known to be of the count that is configured: then nothing is to be refused. */
  get isSound(): boolean {
    return this.#born === this.#configured;
  }

  /**
   * Why this object may not serve, or null.
   *
   * @param askFirst the first shard's word: it is the one that knows how the realm was born
   */
  async refusal(askFirst: () => Promise<number>): Promise<Failure | null> {
    if (this.#born === null) {
      const born = await askFirst();
      if (born !== this.#configured) return this.#changed(born);
      await this.record();
    }
    return this.#born === this.#configured ? null : this.#changed(this.#born ?? 0);
  }

  /** @returns the count that this object was born with: now, if it is new */
  async record(): Promise<number> {
    this.#born ??= await this.#write(() => {
      if (this.#stored() === null) this.#sql.exec("insert into realm (shards, swept) values (?, 0)", this.#configured);
      return this.#stored() ?? this.#configured;
    });
    return this.#born;
  }

  #stored(): number | null {
    return first<{ shards: number }>(this.#sql, "select shards from realm")?.shards ?? null;
  }

  #changed(born: number): Failure {
    return failure("shards-changed", { born, configured: this.#configured }, limits.operatorRetrySeconds);
  }
}
