import { usePageContext } from "./page-context.ts";

/** Copies the shell command that does the same as the control beside the button. */
export function CurlButton({ action, command }: { action: string; command: () => string }) {
  const { t, copy } = usePageContext();
  const label = t("copy-curl-of", { action });
  return (
    <button type="button" class="ghost curl" title={label} aria-label={label} onClick={() => copy(command())}>
      <span aria-hidden="true">curl</span>
    </button>
  );
}
