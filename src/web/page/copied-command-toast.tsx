import { cutText } from "./cut-text.ts";
import { Icon } from "./icons.tsx";
import { usePageContext } from "./page-context.ts";

const shownMaxChars = 2_000;

/** Shows the copied command. An open dialog contains its own toast, since the dialog makes the rest of the page inert. */
export function CopiedCommandToast() {
  const { t, copied, copy } = usePageContext();
  return (
    <div class="toast-container" role="status">
      {copied && (
        <div class="toast">
          <p>{t(copied.isOnClipboard ? "copied" : "copy-by-hand")}</p>
          <code>
            {cutText(copied.command, shownMaxChars)}
            {copied.command.length > shownMaxChars && "…"}
          </code>
          <button type="button" class="ghost" aria-label={t("close")} onClick={() => copy(null)}>
            <Icon name="close" />
          </button>
        </div>
      )}
    </div>
  );
}
