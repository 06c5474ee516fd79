/** What an object had to do, as the platform bills it, or the Worker, which only has requests. */
export interface Cost {
  /** Requests to the Worker from outside. */
  requests: number;
  /** Calls of the object, by the Worker or by another object; opening a live socket is one. */
  calls: number;
  /** Frames that came over live sockets. */
  frames: number;
  /** Alarms that rang. */
  rung: number;
  rowsRead: number;
  /** Rows, entries of indexes, and one for each alarm that is set. */
  rowsWritten: number;
}
