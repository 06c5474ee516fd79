import { join } from "node:path";
import { expect, test } from "vitest";
import { unstable_readConfig } from "wrangler";

test.each([undefined, "jakarta"])(
  "a deployment (%s) does not log invocations, because the headers of a request can contain a token",
  (env) => {
    const config = join(import.meta.dirname, "../../wrangler.toml");
    const { observability } = unstable_readConfig({ config, env }, { hideWarnings: true });
    expect(observability).toMatchObject({ enabled: true, logs: { enabled: true, invocation_logs: false } });
  },
);
