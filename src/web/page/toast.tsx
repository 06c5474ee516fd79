import { useSurroundings } from "./browser-api.ts";
import { Icon } from "./icons.tsx";

/**
 * Shows the line that was put on the clipboard: the page teaches what can be typed in its place. A dialog has one of its own,
 * since nothing outside of it can be reached meanwhile.
 */
export function Toast() {
  const { say, copied, copy } = useSurroundings();
  return (
    <div class="toast-place" role="status">
      {copied && (
        <div class="toast">
          <p>{say(copied.isDone ? "copied" : "copy-by-hand")}</p>
          <code>{copied.line.length > 2_000 ? `${copied.line.slice(0, 2_000)}…` : copied.line}</code>
          <button type="button" class="quiet" aria-label={say("close")} onClick={() => copy(null)}>
            <Icon name="close" />
          </button>
        </div>
      )}
    </div>
  );
}
