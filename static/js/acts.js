// What the person does to a message that is there: another answer, a choice, an opinion, a link, its end. Each is said to the
// server now or not at all, and each method returns why it cannot be said now, in words, or "".

import { refusalToAct } from "./refusals.js";
import { uuid } from "./uuid.js";

export class Acts {
  #connection;
  #scene;
  #temporary;

  /**
   * @param {import("./connection.js").Connection} connection
   * @param {import("./scene.js").Scene} scene
   * @param {import("./temporary.js").Temporary} temporary
   */
  constructor(connection, scene, temporary) {
    this.#connection = connection;
    this.#scene = scene;
    this.#temporary = temporary;
  }

  /**
   * Another answer beside this one.
   * @param {object} row
   * @param {string} [model] the one that shall write it
   */
  regenerate(row, model) {
    if (this.#scene.shown.temporary) {
      return this.#answerHere(row, model);
    }
    return this.#answer({ type: "regenerate", client_id: uuid(), message: row.id, ...(model ? { model } : {}) }, row);
  }

  /**
   * Another answer beside this one, which begins with its text.
   * @param {object} row
   */
  resume(row) {
    return this.#answer({ type: "continue", client_id: uuid(), message: row.id }, row);
  }

  /**
   * The reader turns to this version. Without a connection the server hears of it with the next one.
   * @param {string} id
   */
  choose(id) {
    this.#scene.shown.choose(id);
    if (!this.#scene.shown.temporary) {
      this.#connection.send({ type: "choose", message: id });
    }
    this.#scene.render();
  }

  /** The conversation is here anew: what the server does not know of is said again. */
  chooseAgain() {
    this.#scene.shown.unconfirmed.forEach((message) => this.#connection.send({ type: "choose", message }));
  }

  /**
   * @param {object} row
   * @param {-1 | 0 | 1} rating
   * @param {string} comment
   */
  rate(row, rating, comment) {
    return this.#tell({ type: "rate", message: row.id, rating, ...(comment ? { comment } : {}) });
  }

  /** @param {object} row */
  remove(row) {
    return this.#tell({ type: "remove", message: row.id });
  }

  /** @param {string} message the last one that is shown */
  share(message) {
    return this.#tell({ type: "share", message });
  }

  /** @param {string} share */
  unshare(share) {
    return this.#tell({ type: "unshare", share });
  }

  #answer(command, row) {
    const refusal = this.#scene.refusalToAnswer || this.#tell(command);
    if (!refusal) {
      this.#scene.shown.regenerating = row.parent;
      this.#scene.follow();
      this.#scene.render();
    }
    return refusal;
  }

  #answerHere(row, model) {
    const refusal = this.#scene.refusalToAnswer;
    if (!refusal) {
      this.#temporary.regenerate(this.#scene.shown, row, model);
      this.#scene.follow();
      this.#scene.render();
    }
    return refusal;
  }

  #tell(command) {
    return refusalToAct({ online: this.#connection.send(command) });
  }
}
