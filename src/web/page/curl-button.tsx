import { useSurroundings } from "./browser-api.ts";

/** Copies the line for a terminal that does what the control beside it does. */
export function CurlButton({ line, action }: { line: () => string; action: string }) {
  const { say, copy } = useSurroundings();
  const label = say("copy-curl-of", { action });
  return (
    <button type="button" class="quiet curl" title={label} aria-label={label} onClick={() => copy(line())}>
      <span aria-hidden="true">curl</span>
    </button>
  );
}
