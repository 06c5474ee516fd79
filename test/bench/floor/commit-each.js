import { Floor as BaseFloor, worker } from "./workerd-floor.js";

/** Commits each request by itself: the runtime commits before it releases the answer. */
export class Floor extends BaseFloor {
  send(token, to, text) {
    return this.insert(this.owners.get(token), to, text);
  }
}

export default worker;
