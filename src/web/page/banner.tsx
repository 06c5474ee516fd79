import { useEffect, useState } from "preact/hooks";
import type { LineState } from "../chat/live-connection.ts";
import { useSurroundings } from "./browser-api.ts";

/** A line that is away for less than this is not worth a word. */
const graceMs = 1_200;

/** Says that the line is away, when it is tried again, and that nothing written meanwhile is lost. */
export function Banner({ line, onRetry }: { line: LineState; onRetry(): void }) {
  const { say } = useSurroundings();
  const [now, setNow] = useState(Date.now());
  const [since, setSince] = useState<number | null>(null);
  const isAway = line.is === "waiting" || line.is === "connecting";
  useEffect(() => {
    if (!isAway) {
      setSince(null);
      return;
    }
    setSince(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [isAway]);
  const isShown = isAway && since !== null && now - since > graceMs;
  const seconds = line.is === "waiting" ? Math.max(1, Math.ceil((line.until - now) / 1000)) : 0;
  return (
    <div class={`banner ${isShown ? "" : "is-hidden"}`} role="status">
      {isShown && (
        <>
          <span>
            {line.is === "waiting" ? say("line-waiting", { seconds }) : say("line-connecting")} {say("line-hint")}
          </span>
          <button type="button" class="quiet" onClick={onRetry}>
            {say("try-now")}
          </button>
        </>
      )}
    </div>
  );
}
