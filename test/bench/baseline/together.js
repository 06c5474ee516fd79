import { Floor as Bare, worker } from "./floor.js";

/** Requests that have arrived together are committed together: a timer of 0 ms collects them. */
export class Floor extends Bare {
  waiting = [];

  send(token, to, text) {
    const from = this.owners.get(token);
    return new Promise((resolve) => {
      this.waiting.push({ from, to, text, resolve });
      if (this.waiting.length === 1) setTimeout(() => this.flush(), 0);
    });
  }

  flush() {
    const all = this.waiting;
    this.waiting = [];
    const ids = all.map(({ from, to, text }) => this.insert(from, to, text));
    for (const [index, { resolve }] of all.entries()) resolve(ids[index]);
  }
}

export default worker;
