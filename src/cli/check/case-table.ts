import { accountCases } from "./cases/accounts.ts";
import { bulkCases } from "./cases/bulk.ts";
import { conversationCases } from "./cases/conversations.ts";
import { errorCases } from "./cases/errors.ts";
import { federationCases } from "./cases/federation.ts";
import { groupCases } from "./cases/groups.ts";
import { httpCases } from "./cases/http.ts";
import { liveCases } from "./cases/live.ts";
import { messageCases } from "./cases/messages.ts";
import { pagingCases } from "./cases/paging.ts";
import { seedCases } from "./cases/seed.ts";
import { tcpCases } from "./cases/tcp.ts";
import type { CheckCase } from "./check-case.ts";

/** Every case, in the order of a run. */
export const caseTable: readonly CheckCase[] = [
  ...seedCases,
  ...tcpCases,
  ...httpCases,
  ...bulkCases,
  ...errorCases,
  ...accountCases,
  ...messageCases,
  ...pagingCases,
  ...conversationCases,
  ...groupCases,
  ...liveCases,
  ...federationCases,
];
