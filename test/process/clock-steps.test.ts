import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limits } from "../../src/limits.ts";
import { ClockShift } from "../support/clock-shift.ts";
import { Deployment } from "../support/deployments.ts";
import { openLongPoll } from "../support/long-poll.ts";

const dayMs = 24 * 60 * 60 * 1000;
const waitOptions = { timeout: 60_000, interval: 50 };

/** Surabaya has a clock that a test sets, and jakarta a right one. Both run and are peers; budi is of surabaya, ani of jakarta. */
function useRealms(variables: Record<string, string | number> = {}) {
  const clock = new ClockShift();
  const surabaya = new Deployment("surabaya", { ...clock.variables, ...variables }, "serve");
  const jakarta = new Deployment("jakarta", {}, "serve");
  const tokens = { budi: "", ani: "" };
  beforeAll(async () => {
    const [here, there] = await Promise.all([surabaya.server.reservePort(), jakarta.server.reservePort()]);
    surabaya.server.setVariables({ PEERS: JSON.stringify({ jakarta: there.origin }) });
    jakarta.server.setVariables({ PEERS: JSON.stringify({ surabaya: here.origin }) });
    await Promise.all([surabaya.server.start(), jakarta.server.start()]);
    [tokens.budi, tokens.ani] = await Promise.all([surabaya.signUp("budi"), jakarta.signUp("ani")]);
  });
  afterAll(async () => {
    await Promise.all([surabaya.server.dispose(), jakarta.server.dispose()]);
    clock.dispose();
  });
  /** Sets the clock of surabaya, and restarts it. */
  const restartAt = async (shiftMs: number) => {
    await surabaya.server.kill();
    clock.set(shiftMs);
    await surabaya.server.start();
  };
  /** Sends a message that waits for jakarta. @returns its id */
  const queue = async (text: string) => {
    const reply = await surabaya.server.command(`sendprivate ani@jakarta ${text}`, { token: tokens.budi });
    expect(reply.headers["delivery-state"]).toBe("queued");
    return Number(reply.headers["message-id"]);
  };
  const status = (id: number) => surabaya.sentStatus(tokens.budi, id);
  const untilDelivered = (id: number) =>
    vi.waitFor(async () => expect(await status(id)).toMatchObject({ state: "delivered" }), waitOptions);
  return { clock, surabaya, jakarta, tokens, restartAt, queue, status, untilDelivered };
}

describe("a clock that was 30 days ahead for one run", () => {
  const { clock, surabaya, jakarta, tokens, restartAt, queue, untilDelivered } = useRealms();

  test("ends no session, and leaves none that ends later than the others", async () => {
    const whoami = () => surabaya.okData<{ expires: string }>("whoami", { token: tokens.budi });
    await restartAt(0);
    const before = Date.parse((await whoami()).expires);
    clock.set(31 * dayMs);
    await whoami();
    await restartAt(0);
    const after = Date.parse((await whoami()).expires);
    expect(after - before).toBeGreaterThanOrEqual(0);
    expect(after - before).toBeLessThan(dayMs);
  });

  test("delays no message to a peer that was down, across a restart and without one", async () => {
    for (const backWith of ["restart", "a step"]) {
      await restartAt(30 * dayMs);
      await jakarta.server.kill();
      const first = await queue(`before the ${backWith}`);
      // Jakarta has nothing to send, so it makes no request.
      await jakarta.server.start();
      if (backWith === "restart") await restartAt(0);
      else clock.set(0);
      await untilDelivered(first);
      const reply = await surabaya.server.command(`sendprivate ani@jakarta after the ${backWith}`, {
        token: tokens.budi,
      });
      expect(reply.headers["delivery-state"]).toBe("delivered");
    }
  });

  test("does not keep a rotated key of a peer unknown", async () => {
    await restartAt(30 * dayMs);
    const send = (text: string) => jakarta.server.command(`sendprivate budi@surabaya ${text}`, { token: tokens.ani });
    // Surabaya asks for the key, and rejects the signature by its clock.
    expect((await send("satu")).headers["delivery-state"]).toBe("queued");
    await vi.waitFor(() => expect(surabaya.server.log).toContain("stale"), waitOptions);
    await restartAt(0);
    expect((await jakarta.operatorCommand("rotatekey")).status).toBe(200);
    await send("dua");
    await vi.waitFor(async () => {
      await jakarta.operatorCommand("retry surabaya");
      expect(await surabaya.messageTexts(tokens.budi)).toEqual(["satu", "dua"]);
    }, waitOptions);
  });

  test("locks logins no longer than the longest lock", async () => {
    clock.set(30 * dayMs);
    const guess = () => surabaya.server.command("auth budi bukan-rahasia");
    for (let n = 0; n < limits.wrongPasswordsBeforeThrottle; n++) await guess();
    await restartAt(0);
    const locked = await guess();
    expect(locked.headers["error-code"]).toBe("too-many-attempts");
    expect(Number(locked.headers["retry-after"])).toBeLessThanOrEqual(limits.throttleMaxMs / 1000);
  });
});

describe("a clock that was 40 days ahead for one run", () => {
  const { clock, surabaya, tokens, restartAt } = useRealms();
  const sessions = async (token: string) => (await surabaya.okData<unknown[]>("sessions", { token })).length;
  /** The day that the server's clock shows, counted from now. */
  const clockDay = async (token: string) => {
    const { expires } = await surabaya.okData<{ expires: string }>("whoami", { token });
    return Math.round((Date.parse(expires) - limits.sessionIdleMs - Date.now()) / dayMs);
  };
  const publishedKeys = async () => {
    const answer = await fetch(new URL("/.well-known/ranah", surabaya.server.url));
    return ((await answer.json()) as { keys: unknown[] }).keys.length;
  };

  test("gives neither a session nor a retired key a second life when the right clock gets there", async () => {
    const token = tokens.budi;
    await restartAt(40 * dayMs);
    expect([await sessions(token), await publishedKeys()]).toEqual([1, 1]);
    await surabaya.server.command("auth budi rahasia-budi");
    expect((await surabaya.operatorCommand("rotatekey")).status).toBe(200);
    expect([await sessions(token), await publishedKeys()]).toEqual([2, 2]);
    await restartAt(0);
    const seen: [number, number][] = [];
    // A suspend of a day counts in full.
    for (let day = 1; day <= 72; day++) {
      clock.set(day * dayMs);
      await vi.waitFor(async () => expect(await clockDay(token)).toBe(day), waitOptions);
      seen.push([await sessions(token), await publishedKeys()]);
    }
    const daysOf = (index: 0 | 1) => seen.filter((counts) => counts[index] === 2).length;
    // A restart back counts as no time, so that what remains begins then.
    expect(daysOf(0)).toBeGreaterThanOrEqual(28);
    expect(daysOf(0)).toBeLessThanOrEqual(31);
    expect(daysOf(1)).toBeLessThanOrEqual(3);
    expect(seen.at(-1)).toEqual([1, 1]);
  });
});

describe("a clock that was 10 days behind for one run", () => {
  const { clock, jakarta, restartAt, queue, status, untilDelivered } = useRealms();

  test("makes no queued message expire, across a restart and without one", async () => {
    await restartAt(-10 * dayMs);
    await jakarta.server.kill();
    const [first, second] = [await queue("satu"), await queue("dua")];
    const untilTriedAgain = async () => {
      const { tries = 0 } = await status(first);
      await vi.waitFor(async () => expect((await status(first)).tries).toBeGreaterThan(tries), waitOptions);
    };
    clock.set(0);
    await untilTriedAgain();
    await restartAt(0);
    await untilTriedAgain();
    for (const id of [first, second]) expect(await status(id)).toMatchObject({ state: "queued" });
    await jakarta.server.start();
    await untilDelivered(second);
    await untilDelivered(first);
  });
});

describe("a clock that is 9 days ahead with a retention of 8 days", () => {
  const { surabaya, tokens, restartAt } = useRealms({ RETENTION_DAYS: 8 });

  test("deletes what is old, and not what only the clock makes old", async () => {
    const token = tokens.budi;
    for (const text of ["tua", "muda"]) await surabaya.server.command(`sendprivate budi ${text}`, { token });
    await surabaya.server.kill();
    surabaya.server.sql(`update messages set received_at = received_at - ${20 * dayMs} where id = 1`);
    surabaya.server.sql("update shard_info set retention_ran_at = null");
    await restartAt(9 * dayMs);
    await vi.waitFor(async () => expect(await surabaya.messageTexts(token)).not.toContain("tua"), waitOptions);
    expect(await surabaya.messageTexts(token)).toEqual(["muda"]);
    expect(surabaya.server.log).toContain("clock-stepped");
    await restartAt(0);
    expect(await surabaya.messageTexts(token)).toEqual(["muda"]);
  });
});

describe("a clock that is set back by 10 minutes while a reader waits", () => {
  const { clock, surabaya, tokens } = useRealms();
  const poll = (waitSeconds: number) =>
    openLongPoll((wait) => surabaya.messageTexts(tokens.budi, `inbox after=0 wait=${wait}`), waitSeconds);

  test("does not prolong the wait, and a message ends it", async () => {
    const { answer: empty } = await poll(3);
    clock.set(-600_000);
    expect(await empty).toEqual([]);
    const { answer } = await poll(limits.waitMaxSeconds);
    clock.set(-1_200_000);
    await surabaya.server.command("sendprivate budi halo", { token: tokens.budi });
    expect(await answer).toEqual(["halo"]);
  });
});

describe("a clock that is years behind at the start", () => {
  const clock = new ClockShift();
  clock.set(-20 * 365 * dayMs);
  const surabaya = new Deployment("surabaya", clock.variables, "serve");
  const jakarta = new Deployment("jakarta", {}, "serve");
  afterAll(async () => {
    await Promise.all([surabaya.server.dispose(), jakarta.server.dispose()]);
    clock.dispose();
  });

  test("is logged, the server serves, and all is right once the clock is", async () => {
    const [here, there] = await Promise.all([surabaya.server.reservePort(), jakarta.server.reservePort()]);
    surabaya.server.setVariables({ PEERS: JSON.stringify({ jakarta: there.origin }) });
    jakarta.server.setVariables({ PEERS: JSON.stringify({ surabaya: here.origin }) });
    await Promise.all([surabaya.server.start(), jakarta.server.start()]);
    expect(surabaya.server.log).toContain("clock-behind");
    const [budi] = [await surabaya.signUp("budi"), await jakarta.signUp("ani")];
    const local = await surabaya.server.command("sendprivate budi di sini", { token: budi });
    expect(local.headers["delivery-state"]).toBe("delivered");
    // Jakarta rejects the signature: it is 20 years old.
    const reply = await surabaya.server.command("sendprivate ani@jakarta di sana", { token: budi });
    expect(reply.headers["delivery-state"]).toBe("queued");
    clock.set(0);
    const id = Number(reply.headers["message-id"]);
    await vi.waitFor(
      async () => expect(await surabaya.sentStatus(budi, id)).toMatchObject({ state: "delivered" }),
      waitOptions,
    );
    expect(surabaya.server.log).toContain("clock-stepped");
    expect(await surabaya.messageTexts(budi)).toEqual(["di sini"]);
  });
});
