// A connection that a test looks at: `said` is what went out.
export class Connection {
  online = true;
  said = [];

  send(command) {
    if (this.online) {
      this.said.push(structuredClone(command));
    }
    return this.online;
  }
}
