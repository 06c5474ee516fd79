import { useEffect, useState } from "preact/hooks";
import type { ConnectionProblem, ConnectionState } from "../chat/connection-state.ts";
import { Banner } from "./banner.tsx";
import { usePageContext } from "./page-context.ts";
import { errorReason } from "./ui-texts.ts";

/** A shorter interruption is not shown. */
const graceMs = 1_200;

/** Says why there is no live connection, what that means for messages, and when the next attempt is. */
export function ConnectionBanner({ connection, onRetry }: { connection: ConnectionState; onRetry(): void }) {
  const { t } = usePageContext();
  const describe = useProblemText();
  const isLost = connection.status === "waiting" || connection.status === "connecting";
  const isLasting = useLasting(isLost || connection.status === "polling");
  if (connection.status === "replaced") {
    return <Banner text={t("replaced")} action={t("use-here")} onAction={onRetry} />;
  }
  if (!isLasting) return <Banner text={null} />;
  if (!isLost) return <Banner text={t("polling")} action={t("try-now")} onAction={onRetry} />;
  const { problem } = connection;
  const text = problem ? `${t("connection-lost")}: ${describe(problem)}.` : t("connecting");
  return (
    <Banner text={`${text} ${t("sent-later")}`} action={t("try-now")} onAction={onRetry}>
      {connection.status === "waiting" && <Countdown until={connection.retryAt} />}
    </Banner>
  );
}

/** @returns true when `isNow` has been true for a while */
function useLasting(isNow: boolean): boolean {
  const [isLasting, setLasting] = useState(false);
  useEffect(() => {
    if (!isNow) return setLasting(false);
    const timer = setTimeout(() => setLasting(true), graceMs);
    return () => clearTimeout(timer);
  }, [isNow]);
  return isNow && isLasting;
}

function useProblemText(): (problem: ConnectionProblem) => string {
  const { t, settings } = usePageContext();
  return (problem) => {
    if (problem.kind !== "refused") return t(`problem-${problem.kind}`);
    return errorReason(settings.language, problem.reply.error, problem.reply.data);
  };
}

/** @param until by `performance.now`, which is the clock of `ConnectionState` */
function Countdown({ until }: { until: number }) {
  const { t } = usePageContext();
  const [now, setNow] = useState(performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return <> {t("reconnecting-in", { seconds: Math.max(1, Math.ceil((until - now) / 1000)) })}</>;
}
