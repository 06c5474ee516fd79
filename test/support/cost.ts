/** What an object had to do, as the platform bills it. */
export interface Cost {
  /** Calls of the object, by the Worker or by another object. */
  calls: number;
  rowsRead: number;
  /** Rows, entries of indexes, and one for each alarm that is set. */
  rowsWritten: number;
}
