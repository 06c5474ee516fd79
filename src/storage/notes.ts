import type { Transaction } from "./sql.ts";

/** What is noted inside a transaction for when it is over, and forgotten where it is rolled back. */
export class Notes<Note> {
  #notes: Note[] = [];

  add(note: Note): void {
    this.#notes.push(note);
  }

  /** All notes since the last time, in their order. */
  take(): Note[] {
    const notes = this.#notes;
    this.#notes = [];
    return notes;
  }

  /** A transaction that takes its notes back when it is rolled back. */
  within(transaction: Transaction): Transaction {
    return (work) => {
      const before = this.#notes.length;
      try {
        return transaction(work);
      } catch (error) {
        this.#notes.length = before;
        throw error;
      }
    };
  }
}
