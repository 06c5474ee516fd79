import { join } from "node:path";
import { expect, test } from "vitest";
import { unstable_readConfig } from "wrangler";

test.each([undefined, "jakarta"])(
  "Of a deployment (%s) only what the code says is logged: a request's headers can hold a token.",
  (env) => {
    const config = join(import.meta.dirname, "../../wrangler.toml");
    const { observability } = unstable_readConfig({ config, env }, { hideWarnings: true });
    expect(observability).toMatchObject({ enabled: true, logs: { enabled: true, invocation_logs: false } });
  },
);
