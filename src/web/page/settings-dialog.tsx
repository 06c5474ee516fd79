import { curlCommand } from "../chat/curl-command.ts";
import { CurlButton } from "./curl-button.tsx";
import { Dialog } from "./dialog.tsx";
import { usePageContext } from "./page-context.ts";
import { SettingsFields } from "./settings-fields.tsx";

export function SettingsDialog({ onClose, onLogOut }: { onClose(): void; onLogOut(): void }) {
  const { t } = usePageContext();
  return (
    <Dialog title={t("settings")} onClose={onClose}>
      <SettingsFields />
      <div class="actions">
        <button type="button" class="secondary" onClick={onLogOut}>
          {t("log-out")}
        </button>
        <CurlButton action={t("log-out")} command={() => curlCommand(location.origin, "logout")} />
      </div>
    </Dialog>
  );
}
