import { useEffect, useState } from "preact/hooks";
import type { ConnectionState } from "../chat/live-connection.ts";
import { usePageContext } from "./page-context.ts";

/** A shorter interruption is not shown. */
const graceMs = 1_200;

/** Says that the connection is lost, when the next attempt is, and that messages written now are sent later. */
export function ConnectionBanner({ connection, onRetry }: { connection: ConnectionState; onRetry(): void }) {
  const { t } = usePageContext();
  const [now, setNow] = useState(Date.now());
  const [lostAt, setLostAt] = useState<number | null>(null);
  const isWaiting = connection.status === "waiting";
  const isDisconnected = isWaiting || connection.status === "connecting";
  useEffect(() => {
    if (!isDisconnected) {
      setLostAt(null);
      return;
    }
    setLostAt(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [isDisconnected]);
  const isShown = isDisconnected && lostAt !== null && now - lostAt > graceMs;
  const seconds = isWaiting ? Math.max(1, Math.ceil((connection.retryAt - now) / 1000)) : 0;
  return (
    <div class={`banner ${isShown ? "" : "is-hidden"}`} role="status">
      {isShown && (
        <>
          <span>
            {isWaiting ? t("reconnecting-in", { seconds }) : t("connecting")} {t("sent-later")}
          </span>
          <button type="button" class="ghost" onClick={onRetry}>
            {t("try-now")}
          </button>
        </>
      )}
    </div>
  );
}
