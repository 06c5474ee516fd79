/** Billed work of one Durable Object, or of the Worker, for which only `requests` is set. */
export interface Cost {
  /** External requests to the Worker. */
  requests: number;
  /** Calls of the object by the Worker or by another object. Opening a live socket counts as one. */
  calls: number;
  /** Frames received on live sockets. */
  frames: number;
  /** Runs of the alarm handler. */
  alarmRuns: number;
  rowsRead: number;
  /** Written rows and index entries, plus one for each alarm that is set. */
  rowsWritten: number;
}
